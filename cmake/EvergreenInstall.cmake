# What `cmake --install BUILD --prefix P` puts where. P may be moved afterwards.
#
#   component    P/...
#   program      bin/evergreen; lib/libevergreen_{engine,parquet,cuda}.so, where built; share/evergreen/{models,recipes};
#                share/doc/evergreen
#   development  include/evergreen, lib/libevergreen_*.a, lib/cmake/evergreen: find_package(evergreen); share/evergreen/examples
#   links        lib/evergreen/{torch,pyarrow}: links to the LibTorch and the Arrow that it was built with; to use others, link
#                or unpack them there
set(evergreen_private_dir lib/evergreen)

# A module's static library, as evergreen::NAME, in the package's component `core`, or `engine` where it sees LibTorch.
function(evergreen_install_module name torch)
  if(torch)
    set(part engine)
  else()
    set(part core)
  endif()
  set_target_properties(evergreen_${name} PROPERTIES EXPORT_NAME ${name})
  install(TARGETS evergreen_${name} EXPORT evergreen-${part}
    ARCHIVE DESTINATION lib COMPONENT development
    FILE_SET HEADERS DESTINATION include COMPONENT development)
endfunction()

# evergreen_install_library(TARGET FOLDER...): one that is loaded on demand; FOLDERs of P/lib/evergreen have what it stands on.
function(evergreen_install_library target)
  set(rpath "$ORIGIN/evergreen")
  foreach(folder ${ARGN})
    list(APPEND rpath "$ORIGIN/evergreen/${folder}")
  endforeach()
  set_target_properties(${target} PROPERTIES INSTALL_RPATH "${rpath}")
  install(TARGETS ${target} LIBRARY DESTINATION lib COMPONENT program)
endfunction()

function(evergreen_install_link folder name)
  install(CODE "
    set(link \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${evergreen_private_dir}/${name}\")
    if(IS_SYMLINK \"\${link}\" OR NOT EXISTS \"\${link}\")
      message(STATUS \"Installing: \${link} -> ${folder}\")
      file(MAKE_DIRECTORY \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${evergreen_private_dir}\")
      file(CREATE_LINK \"${folder}\" \"\${link}\" SYMBOLIC)
    else()
      message(STATUS \"Kept: \${link}\")
    endif()" COMPONENT links)
endfunction()

# Everything but the modules' libraries; after all targets are there.
function(evergreen_install_package)
  set_target_properties(evergreen PROPERTIES INSTALL_RPATH "$ORIGIN/../${evergreen_private_dir}")
  install(TARGETS evergreen RUNTIME DESTINATION bin COMPONENT program)
  if(TARGET evergreen_engine)
    evergreen_install_library(evergreen_engine torch/lib)
    evergreen_install_link(${torch_dir} torch)
  endif()
  if(TARGET evergreen_parquet)
    evergreen_install_library(evergreen_parquet pyarrow)
    evergreen_install_link(${arrow_dir} pyarrow)
  endif()
  if(TARGET evergreen_cuda)
    evergreen_install_library(evergreen_cuda torch/lib nvidia/cu13/lib)
  endif()

  install(DIRECTORY models recipes DESTINATION share/evergreen COMPONENT program)
  install(DIRECTORY examples DESTINATION share/evergreen COMPONENT development)
  install(FILES LICENSE README.md CHANGELOG.md CONTRIBUTING.md DESTINATION share/doc/evergreen COMPONENT program)
  install(DIRECTORY docs DESTINATION share/doc/evergreen COMPONENT program)

  include(CMakePackageConfigHelpers)
  set(package lib/cmake/evergreen)
  configure_package_config_file(cmake/evergreen-config.cmake.in ${PROJECT_BINARY_DIR}/evergreen-config.cmake
    INSTALL_DESTINATION ${package})
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/evergreen-config-version.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/evergreen-config.cmake ${PROJECT_BINARY_DIR}/evergreen-config-version.cmake
                cmake/EvergreenLibraries.cmake cmake/EvergreenTorch.cmake DESTINATION ${package} COMPONENT development)
  install(EXPORT evergreen-core NAMESPACE evergreen:: DESTINATION ${package} COMPONENT development)
  if(EVERGREEN_TORCH)
    install(EXPORT evergreen-engine NAMESPACE evergreen:: DESTINATION ${package} COMPONENT development)
  endif()
endfunction()
