# What every library of the house has in common: alias Party::<name>, C++23, warnings, install, export.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# Warnings are our business, not a consumer's: private, and only on request. Designated initialisers leave the rest to
# its defaults on purpose.
function(party_warnings target)
  if(PARTY_STRICT)
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
                           -Wno-missing-field-initializers
                           # g++ 12 at -O2 suspects the alternative of a moved std::variant that is not there.
                           $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  endif()
endfunction()

# party_library(core): finishes target `party-core`, whose public headers are its file set HEADERS.
# Each library is an export set of its own, so that find_package asks only for what a component needs.
function(party_library name)
  set(target party-${name})
  add_library(Party::${name} ALIAS ${target})
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "INTERFACE_LIBRARY")
    target_compile_features(${target} INTERFACE cxx_std_23)
  else()
    target_compile_features(${target} PUBLIC cxx_std_23)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    party_warnings(${target})
  endif()
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  if(PARTY_INSTALL)
    install(TARGETS ${target} EXPORT party-${name}-targets
            ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
            FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
    install(EXPORT party-${name}-targets NAMESPACE Party:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Party)
  endif()
endfunction()
