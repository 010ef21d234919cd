# Runs that go on from a state decide as one run would.
add_executable(random_files ${CMAKE_SOURCE_DIR}/tests/state/random_files.c ${CMAKE_SOURCE_DIR}/tests/differential/random_case.c
               ${CMAKE_SOURCE_DIR}/tests/differential/choices.c)
target_link_libraries(random_files PRIVATE pol_flags)
set_target_properties(random_files PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
if(Python3_FOUND)
  add_test(NAME state.pieces COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/state/run_state.py ${CMAKE_BINARY_DIR}/bin
                                     ${CMAKE_SOURCE_DIR})
endif()
if(Python3_FOUND)
  add_test(NAME state.files COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/state/run_files.py ${CMAKE_BINARY_DIR}/bin
                                    ${CMAKE_SOURCE_DIR})
endif()
