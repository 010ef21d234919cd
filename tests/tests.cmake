# Unit tests: every tests/unit/test_NAME.c is an executable of its own, linked with all of pol.
find_package(PkgConfig REQUIRED)
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
file(GLOB unit_tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/test_*.c)
foreach(file ${unit_tests})
  get_filename_component(name ${file} NAME_WE)
  add_executable(${name} ${file})
  target_link_libraries(${name} PRIVATE pol_driver pol_codegen pol_pages pol_audit PkgConfig::CMOCKA)
  target_compile_definitions(${name} PRIVATE POL_SOURCE_DIR="${CMAKE_SOURCE_DIR}" POL_BIN_DIR="${CMAKE_BINARY_DIR}/bin")
  # polc looks for its code generator beside itself, and then where libraries are looked for
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests
                                           BUILD_RPATH ${CMAKE_BINARY_DIR}/bin)
  add_dependencies(${name} polc-llvm)
  add_test(NAME unit.${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_BINARY_DIR})
  # a sanitizer's dlopen does not know the program's own run path
  set_property(TEST unit.${name} APPEND PROPERTY ENVIRONMENT LD_LIBRARY_PATH=${CMAKE_BINARY_DIR}/bin)
endforeach()
if(TARGET test_driver)
  add_dependencies(test_driver polc polrun)
endif()

# What threads share, once more under the thread sanitizer: deciding, and reading ledgers.
if(NOT POL_SANITIZE AND NOT POL_FUZZ)
  file(GLOB watched_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/runtime/core/*.c ${CMAKE_SOURCE_DIR}/runtime/ledger/*.c)
  add_library(pol_watched STATIC ${watched_sources} ${CMAKE_SOURCE_DIR}/runtime/digest.c)
  target_link_libraries(pol_watched PUBLIC pol_flags Threads::Threads)
  target_include_directories(pol_watched PUBLIC ${CMAKE_SOURCE_DIR}/compiler ${CMAKE_SOURCE_DIR}/runtime)
  target_compile_options(pol_watched PUBLIC -fsanitize=thread -O1 -g)
  target_link_options(pol_watched PUBLIC -fsanitize=thread)
  foreach(name test_csv test_fold test_run test_state)
    add_executable(watched_${name} ${CMAKE_SOURCE_DIR}/tests/unit/${name}.c)
    target_link_libraries(watched_${name} PRIVATE pol_watched PkgConfig::CMOCKA)
    target_compile_definitions(watched_${name} PRIVATE POL_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    set_target_properties(watched_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    add_test(NAME threads.${name} COMMAND watched_${name} WORKING_DIRECTORY ${CMAKE_BINARY_DIR})
  endforeach()
endif()

# Random policies and ledgers, interpreter against native code. Some hundreds here; `differential --count 10000` nightly.
file(GLOB differential_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/differential/*.c)
add_executable(differential ${differential_sources})
target_link_libraries(differential PRIVATE pol_flags)
add_test(NAME differential COMMAND differential --bin ${CMAKE_BINARY_DIR}/bin --count 200)
set_tests_properties(differential PROPERTIES TIMEOUT 600)

# Cases with expected results, on either evaluator.
add_executable(compare_csv ${CMAKE_SOURCE_DIR}/tests/cases/compare_csv.c)
target_link_libraries(compare_csv PRIVATE pol_flags)
function(pol_cases name)
  add_test(NAME cases.${name} COMMAND ${CMAKE_SOURCE_DIR}/tests/cases/run_cases.sh $<TARGET_FILE:compare_csv>
           ${CMAKE_SOURCE_DIR}/policies ${CMAKE_SOURCE_DIR}/tests/cases/evaluate.sh ${ARGN})
endfunction()
pol_cases(interp interp ${CMAKE_BINARY_DIR}/bin)
pol_cases(native native ${CMAKE_BINARY_DIR}/bin)
pol_cases(native_threads native ${CMAKE_BINARY_DIR}/bin --threads 2)

# The shape of the tree: includes point downwards, every header compiles alone, sources are formatted.
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND AND NOT POL_SANITIZE)
  foreach(part floors headers format)
    add_test(NAME tree.${part} COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/tree/check_tree.py ${CMAKE_SOURCE_DIR} ${part})
  endforeach()
endif()

# The policies we ship, and the blocks of the language reference.
add_test(NAME policies COMMAND ${CMAKE_SOURCE_DIR}/tests/policies/run_policies.sh ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/bin)

if(POL_FUZZ)
  include(${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz.cmake)
endif()

# Explanations of single claims, word for word.
add_test(NAME golden.explain COMMAND sh ${CMAKE_SOURCE_DIR}/tests/golden/run_explain.sh ${CMAKE_BINARY_DIR}/bin ${CMAKE_SOURCE_DIR})

# The examples of the policies we ship touch (nearly) everything, and notice slips of the pen; every third mutant here.
foreach(covered dongyang:100 ningbo:100 lianzhou:99 zhangzhou:100)
  string(REPLACE ":" ";" covered ${covered})
  list(GET covered 0 name)
  list(GET covered 1 percent)
  add_test(NAME coverage.${name} COMMAND polc test --interpreter --min-coverage ${percent} ${CMAKE_SOURCE_DIR}/policies/${name}.pol)
endforeach()
add_executable(mutants ${CMAKE_SOURCE_DIR}/tests/mutants/mutants.c)
target_link_libraries(mutants PRIVATE pol_flags)
add_test(NAME mutants COMMAND mutants --bin ${CMAKE_BINARY_DIR}/bin --sample 3 ${CMAKE_SOURCE_DIR}/policies/dongyang.pol
         ${CMAKE_SOURCE_DIR}/policies/ningbo.pol ${CMAKE_SOURCE_DIR}/policies/lianzhou.pol ${CMAKE_SOURCE_DIR}/policies/zhangzhou.pol)

# What is a difference, in words, and what is none.
if(Python3_FOUND)
  add_test(NAME diff.cases COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/diff/run_diff.py ${CMAKE_BINARY_DIR}/bin
           ${CMAKE_SOURCE_DIR}/tests/diff/cases.txt)
  file(GLOB policies_shipped CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/policies/*.pol)
  add_test(NAME diff.document COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/diff/document.py ${CMAKE_BINARY_DIR}/bin)
  add_test(NAME diff.shipped COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/diff/shipped.py ${CMAKE_BINARY_DIR}/bin ${policies_shipped})
endif()
# One claim tried, asked for on a terminal, followed while the policy is edited; a ledger under two versions.
if(Python3_FOUND)
  add_test(NAME try COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/try/run_try.py ${CMAKE_BINARY_DIR}/bin ${CMAKE_SOURCE_DIR})
endif()
foreach(name dongyang lianzhou ningbo zhangzhou)
  add_test(NAME diff.mutants_${name} COMMAND mutants --bin ${CMAKE_BINARY_DIR}/bin --diff --sample 3 ${CMAKE_SOURCE_DIR}/policies/${name}.pol)
endforeach()

# The same bytes whatever the threads, batches, order of rows and encoding.
if(Python3_FOUND)
  add_test(NAME cases.same_result COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/cases/same_result.py ${CMAKE_BINARY_DIR}/bin ${CMAKE_SOURCE_DIR})
endif()

# Runs that go on from a state.
include(${CMAKE_SOURCE_DIR}/tests/state/state.cmake)
# Audits of more than memory holds, killed and resumed; `volume.py --claims 1000000 --kills 100` nightly. And the unit
# tests of runs and of the fold with every run through files.
if(Python3_FOUND)
  foreach(part plain findings state)
    add_test(NAME volume.${part} COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/volume/volume.py ${CMAKE_BINARY_DIR}/bin
                                         ${CMAKE_SOURCE_DIR} --only=${part})
    set_tests_properties(volume.${part} PROPERTIES TIMEOUT 300)
  endforeach()
endif()
foreach(name fold run state)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/spill_${name}) # each its own: a run has its folder to itself
  add_test(NAME volume.test_${name} COMMAND test_${name} WORKING_DIRECTORY ${CMAKE_BINARY_DIR})
  set_property(TEST volume.test_${name} PROPERTY ENVIRONMENT POL_TEST_SPILL=${CMAKE_BINARY_DIR}/spill_${name};LD_LIBRARY_PATH=${CMAKE_BINARY_DIR}/bin)
endforeach()

# The formatter on random policies, and the policies we ship in its form.
add_executable(random_format ${CMAKE_SOURCE_DIR}/tests/format/random_format.c
               ${CMAKE_SOURCE_DIR}/tests/differential/random_case.c ${CMAKE_SOURCE_DIR}/tests/differential/choices.c)
target_link_libraries(random_format PRIVATE pol_driver)
add_test(NAME format.random COMMAND random_format 300)
file(GLOB shipped_policies CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/policies/*.pol)
add_test(NAME format.policies COMMAND polc fmt --check ${shipped_policies})

# What the documentation shows is what happens.
if(Python3_FOUND)
  add_test(NAME docs.tutorial COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/docs/run_docs.py ${CMAKE_BINARY_DIR}/bin
                                      ${CMAKE_SOURCE_DIR}/docs/TUTORIAL.md)
  add_test(NAME docs.drafters_day COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/docs/run_docs.py ${CMAKE_BINARY_DIR}/bin
                                          ${CMAKE_SOURCE_DIR}/docs/DRAFTERS-DAY.md)
  add_test(NAME docs.options COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/docs/man_pages.py ${CMAKE_BINARY_DIR}/bin
                                     ${CMAKE_SOURCE_DIR}/docs/man)
endif()

# What `check --fix` mends, and that it changes nothing that was right.
if(Python3_FOUND)
  add_test(NAME lint.fixes COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/lint/fixes.py ${CMAKE_BINARY_DIR}/bin ${CMAKE_SOURCE_DIR})
endif()

# Faults of every kind, planted in the policies, are found by the check or by the examples.
if(Python3_FOUND AND Python3_VERSION VERSION_GREATER_EQUAL 3.11)
  add_test(NAME planted COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/planted/planted.py ${CMAKE_BINARY_DIR}/bin ${CMAKE_SOURCE_DIR})
endif()

# Every warning has a page whose examples show what it says.
if(Python3_FOUND)
  add_test(NAME lint.pages COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/lint/pages.py ${CMAKE_BINARY_DIR}/bin ${CMAKE_SOURCE_DIR})
endif()

# Calls of the system failing in turn.
include(${CMAKE_SOURCE_DIR}/tests/faults/faults.cmake)

# Inputs of enormous size and depth; in full: --count 100000 --megabytes 1000, in minutes.
if(Python3_FOUND)
  foreach(part policy:1000 depth:100000 bytes:1000 ledger:20000)
    string(REPLACE ":" ";" part ${part})
    list(GET part 0 name)
    list(GET part 1 count)
    add_test(NAME limits.${name} COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/limits/limits.py --bin ${CMAKE_BINARY_DIR}/bin
             --work ${CMAKE_BINARY_DIR}/limits/${name} --count ${count} --megabytes 4 --slack $<IF:$<BOOL:${POL_SANITIZE}>,8,1> ${name})
  endforeach()
endif()

# Documents for machines, and the hooks and workflow of examples/ci. SARIF's schema is kept in the build folder.
if(Python3_FOUND)
  add_test(NAME formats.documents COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/formats/check_formats.py
                                          ${CMAKE_BINARY_DIR}/bin ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/formats)
  if(NOT POL_SANITIZE)
    add_test(NAME formats.ci COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/formats/check_ci.py
                                     ${CMAKE_BINARY_DIR}/bin ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  endif()
endif()

# A second reading of the contract, written from its tables alone, on the cases and on random ledgers.
if(Python3_FOUND)
  add_test(NAME oracle.cases COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_SOURCE_DIR}/tests/oracle/compare.py ${CMAKE_BINARY_DIR}/bin ${CMAKE_SOURCE_DIR} --cases)
  add_test(NAME oracle.random COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_SOURCE_DIR}/tests/oracle/compare.py ${CMAKE_BINARY_DIR}/bin ${CMAKE_SOURCE_DIR} --count 8)
endif()

# What is installed works where it lies. (Programs linked without sanitizers cannot use a library built with them.)
if(NOT POL_SANITIZE)
  add_test(NAME install COMMAND ${CMAKE_SOURCE_DIR}/tests/install/run_install.sh ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR})
endif()

# Ledgers from every kind of source give what their CSV gives.
add_executable(duck_sql ${CMAKE_SOURCE_DIR}/tests/sources/duck_sql.c)
target_link_libraries(duck_sql PRIVATE pol_source)
if(Python3_FOUND)
  foreach(part same matrix typed postgres wrong sinks)
    add_test(NAME sources.${part} COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/sources/sources.py ${CMAKE_BINARY_DIR}/bin
                                          ${CMAKE_SOURCE_DIR} ${part})
  endforeach()
  set_tests_properties(sources.sinks PROPERTIES SKIP_RETURN_CODE 77)
endif()

# What is found wrong with what was paid, and how it is shown; the pages where a browser is installed.
if(Python3_FOUND)
  add_test(NAME findings COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/findings/findings.py ${CMAKE_BINARY_DIR}/bin
                                 ${CMAKE_SOURCE_DIR}/tests/findings)
  find_program(CHROMIUM NAMES chromium chromium-browser google-chrome)
  add_test(NAME findings.page COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/findings/page.py ${CMAKE_BINARY_DIR}/bin
                                      ${CMAKE_SOURCE_DIR}/tests/findings ${CHROMIUM})
  set_tests_properties(findings.page PROPERTIES SKIP_RETURN_CODE 77)
endif()

# Every message is in the catalogue of Chinese ones, and shown in the language that is asked for.
if(Python3_FOUND)
  add_test(NAME messages.catalogue COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/messages/catalogue.py
                                           ${CMAKE_SOURCE_DIR})
  add_test(NAME messages.languages COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/messages/languages.py
                                           ${CMAKE_BINARY_DIR}/bin ${CMAKE_SOURCE_DIR})
endif()

# Wrong words, odd files: what the commands say and how they end.
if(Python3_FOUND)
  add_test(NAME usage COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/usage/usage.py ${CMAKE_BINARY_DIR}/bin ${CMAKE_SOURCE_DIR})
endif()
