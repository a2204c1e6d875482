# The libraries of the system that evergreen's own stand on: read by the build, and by the installed package for those who link.
set(evergreen_system_packages Threads fmt nlohmann_json simdjson hwy Eigen3 tomlplusplus)
# By pkg-config, as evergreen::NAME.
set(evergreen_pkgconfig_libraries libpcre2-8:pcre2 libutf8proc:utf8proc libzstd:zstd libxxhash:xxhash zlib:zlib)

# evergreen_find_pkgconfig(RESULT): defines them; RESULT names what is missing, or is empty.
function(evergreen_find_pkgconfig result)
  set(missing "")
  foreach(library ${evergreen_pkgconfig_libraries})
    string(REPLACE ":" ";" pair ${library})
    list(GET pair 0 pkg)
    list(GET pair 1 name)
    if(TARGET evergreen::${name})
      continue()
    endif()
    pkg_check_modules(${name} QUIET IMPORTED_TARGET GLOBAL ${pkg})
    if(TARGET PkgConfig::${name})
      add_library(evergreen::${name} ALIAS PkgConfig::${name})
    else()
      list(APPEND missing ${pkg})
    endif()
  endforeach()
  set(${result} "${missing}" PARENT_SCOPE)
endfunction()
