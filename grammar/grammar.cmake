# pol_grammar: scanner and parser. What flex and bison generate stays in the build directory.
set(GRAMMAR_OUT ${CMAKE_BINARY_DIR}/grammar)
file(MAKE_DIRECTORY ${GRAMMAR_OUT})
add_custom_command(
  OUTPUT ${GRAMMAR_OUT}/policy.tab.c ${GRAMMAR_OUT}/policy.tab.h
  COMMAND ${BISON_EXECUTABLE} -Wall -Werror --no-lines --defines=${GRAMMAR_OUT}/policy.tab.h
          -o ${GRAMMAR_OUT}/policy.tab.c ${CMAKE_SOURCE_DIR}/grammar/policy.y
  DEPENDS ${CMAKE_SOURCE_DIR}/grammar/policy.y VERBATIM)
add_custom_command(
  OUTPUT ${GRAMMAR_OUT}/policy.lex.c
  COMMAND ${FLEX_EXECUTABLE} --noline -o ${GRAMMAR_OUT}/policy.lex.c ${CMAKE_SOURCE_DIR}/grammar/policy.l
  DEPENDS ${CMAKE_SOURCE_DIR}/grammar/policy.l VERBATIM)

file(GLOB GRAMMAR_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/grammar/*.c)
add_library(pol_grammar STATIC ${GRAMMAR_SOURCES} ${GRAMMAR_OUT}/policy.tab.c ${GRAMMAR_OUT}/policy.tab.h
                               ${GRAMMAR_OUT}/policy.lex.c)
target_include_directories(pol_grammar PUBLIC ${CMAKE_SOURCE_DIR}/grammar ${CMAKE_SOURCE_DIR}/compiler
                                       PRIVATE ${GRAMMAR_OUT})
target_link_libraries(pol_grammar PUBLIC pol_ast pol_base pol_flags)
# The generated code is not ours to clean.
set_source_files_properties(
  ${GRAMMAR_OUT}/policy.tab.c ${GRAMMAR_OUT}/policy.lex.c
  PROPERTIES COMPILE_OPTIONS "-Wno-conversion;-Wno-sign-conversion;-Wno-sign-compare;-Wno-shadow;-Wno-unused-function;-Wno-unused-but-set-variable")
