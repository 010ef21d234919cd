# libpolrt, as programs embed it: shared and static, of the same objects that polrun links.
include(GNUInstallDirs)

set(polrt_objects $<TARGET_OBJECTS:pol_core> $<TARGET_OBJECTS:pol_digest>)
set(polrt_map ${CMAKE_SOURCE_DIR}/runtime/core/polrt.map)

add_library(polrt SHARED ${polrt_objects})
set_target_properties(polrt PROPERTIES LINKER_LANGUAGE C VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
                                       LINK_DEPENDS ${polrt_map})
target_link_options(polrt PRIVATE -Wl,--version-script=${polrt_map})
target_link_libraries(polrt PRIVATE pol_flags Threads::Threads)

add_library(polrt_static STATIC ${polrt_objects})
set_target_properties(polrt_static PROPERTIES LINKER_LANGUAGE C OUTPUT_NAME polrt)

# found from where it stands, so that an installed tree can be moved
file(RELATIVE_PATH POLRT_PREFIX ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(${CMAKE_SOURCE_DIR}/runtime/core/polrt.pc.in ${CMAKE_BINARY_DIR}/polrt.pc @ONLY)
install(TARGETS polrt polrt_static LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES runtime/polrt.h runtime/abi.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/pol)
install(FILES ${CMAKE_BINARY_DIR}/polrt.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# The shared library exports what polrt.h declares, no more and no less.
add_test(NAME polrt.exports COMMAND ${CMAKE_COMMAND} -DLIBRARY=$<TARGET_FILE:polrt> -DHEADER=${CMAKE_SOURCE_DIR}/runtime/polrt.h
                                    -DNM=${CMAKE_NM} -P ${CMAKE_SOURCE_DIR}/runtime/core/exports.cmake)
