# tconv_add_kernels(TARGET target SPEC model.lua [ISA list] [PREFIX prefix])
#
# Generates the kernels of a model when the build runs and adds them to
# `target`, with the folder of the headers: #include "model.h". Changing the
# model file configures anew, since that may change which kernels there are. Two
# models in one program that share a layer need different prefixes.
function(tconv_add_kernels)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "TARGET;SPEC;ISA;PREFIX" "")
    if(NOT arg_TARGET OR NOT arg_SPEC OR arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "tconv_add_kernels(TARGET target SPEC model.lua "
            "[ISA list] [PREFIX prefix])")
    endif()
    get_filename_component(spec "${arg_SPEC}" ABSOLUTE)
    get_filename_component(model "${arg_SPEC}" NAME_WE)
    set(folder "${CMAKE_CURRENT_BINARY_DIR}/tconv/${arg_TARGET}/${model}")
    set(options "")
    if(arg_ISA)
        list(APPEND options --isa "${arg_ISA}")
    endif()
    if(arg_PREFIX)
        list(APPEND options --prefix "${arg_PREFIX}")
    endif()

    get_target_property(configuration tconv::tconv IMPORTED_CONFIGURATIONS)
    list(GET configuration 0 configuration)
    get_target_property(tool tconv::tconv IMPORTED_LOCATION_${configuration})
    execute_process(COMMAND "${tool}" gen "${spec}" ${options} -o "${folder}" --list
        OUTPUT_VARIABLE names ERROR_VARIABLE message RESULT_VARIABLE result
        OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "tconv_add_kernels: ${message}")
    endif()
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${spec}")
    string(REPLACE "\n" ";" names "${names}")
    list(TRANSFORM names PREPEND "${folder}/" OUTPUT_VARIABLE files)

    # The stamp is what is always written: files whose text stays the same keep
    # their time, and what is made of them need not be made again.
    set(stamp "${folder}.stamp")
    add_custom_command(OUTPUT "${stamp}" BYPRODUCTS ${files}
        COMMAND "${tool}" gen "${spec}" ${options} -o "${folder}"
        COMMAND "${CMAKE_COMMAND}" -E touch "${stamp}"
        DEPENDS "${spec}" "${tool}"
        COMMENT "Generating kernels of ${model}" VERBATIM)
    set_source_files_properties(${files} PROPERTIES GENERATED TRUE)
    target_sources("${arg_TARGET}" PRIVATE ${files} "${stamp}")
    target_include_directories("${arg_TARGET}" PRIVATE "${folder}")
    # libm has fmaf and fma for the portable variant.
    target_link_libraries("${arg_TARGET}" PRIVATE m)
endfunction()
