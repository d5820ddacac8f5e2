# callgrind format
version: 1
creator: callgrind-3.19.0
pid: 21640
cmd:  /work/main/build/rel/tests/instructions cc ConvTranspose1d(1,1,1) 100
part: 1


desc: I1 cache: 
desc: D1 cache: 
desc: LL cache: 

desc: Timerange: Basic block 0 - 48405
desc: Trigger: Program termination

positions: instr line
events: Ir
summary: 0


totals: 0
