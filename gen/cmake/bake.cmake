# Writes OUTPUT, C source with the files of the list FILES (joined by "|") as
# arrays, and the table that tconv_baked_find searches.
string(REPLACE "|" ";" FILES "${FILES}")
set(arrays "")
set(table "")
set(index 0)
foreach(file IN LISTS FILES)
    file(READ "${file}" hex HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
    get_filename_component(name "${file}" NAME)
    string(APPEND arrays "static const unsigned char file${index}[] = {${bytes}0};\n")
    string(APPEND table "    {\"${name}\", (const char *)file${index}, sizeof file${index} - 1},\n")
    math(EXPR index "${index} + 1")
endforeach()
file(WRITE "${OUTPUT}.tmp" "/* Made from scripts, templates and headers. Do not edit. */
#include \"host.h\"

#include <string.h>

${arrays}
static const struct tconv_baked table[] = {
${table}};

const struct tconv_baked *tconv_baked_find(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (!strcmp(table[i].name, name))
            return &table[i];
    return NULL;
}
")
file(RENAME "${OUTPUT}.tmp" "${OUTPUT}")
