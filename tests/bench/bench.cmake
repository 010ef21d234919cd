# The benchmark: not part of the tests. hand.c is what the generated code is measured against, so it gets the best
# compiler there is and this machine's instructions.
file(GLOB bench_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/bench/*.c)
list(FILTER bench_sources EXCLUDE REGEX "/hand\\.c$")
add_executable(bench ${bench_sources})
target_link_libraries(bench PRIVATE pol_ledger)
target_compile_definitions(bench PRIVATE POL_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
find_program(CLANG NAMES clang-19)
if(CLANG AND NOT POL_SANITIZE)
  add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/hand.o
    COMMAND ${CLANG} -std=c17 -O3 -march=native -fPIE -c ${CMAKE_SOURCE_DIR}/tests/bench/hand.c -o ${CMAKE_BINARY_DIR}/hand.o
    DEPENDS ${CMAKE_SOURCE_DIR}/tests/bench/hand.c ${CMAKE_SOURCE_DIR}/tests/bench/hand.h)
  target_sources(bench PRIVATE ${CMAKE_BINARY_DIR}/hand.o)
  set_source_files_properties(${CMAKE_BINARY_DIR}/hand.o PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
else()
  target_sources(bench PRIVATE ${CMAKE_SOURCE_DIR}/tests/bench/hand.c)
  set_source_files_properties(${CMAKE_SOURCE_DIR}/tests/bench/hand.c PROPERTIES COMPILE_OPTIONS "-O3;-march=native;-Wno-unknown-pragmas")
endif()
