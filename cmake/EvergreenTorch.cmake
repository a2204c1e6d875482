# evergreen_add_torch(DIR RESULT): the target evergreen_libtorch for the LibTorch in DIR, the folder of the torch package (it has
# include/ and lib/). RESULT says what is wrong with DIR, or is empty. Read by the build and by the installed package.
function(evergreen_add_torch dir result)
  if(TARGET evergreen_libtorch)
    set(${result} "" PARENT_SCOPE)
    return()
  endif()
  if(NOT EXISTS ${dir}/include/ATen/ATen.h OR NOT EXISTS ${dir}/lib/libtorch_cpu.so)
    set(${result} "no LibTorch in '${dir}' (a folder with include/ and lib/)" PARENT_SCOPE)
    return()
  endif()
  foreach(name torch_cpu c10)
    add_library(evergreen::${name} SHARED IMPORTED GLOBAL)
    set_target_properties(evergreen::${name} PROPERTIES IMPORTED_LOCATION ${dir}/lib/lib${name}.so)
  endforeach()
  add_library(evergreen_libtorch INTERFACE IMPORTED GLOBAL)
  target_include_directories(evergreen_libtorch SYSTEM INTERFACE ${dir}/include ${dir}/include/torch/csrc/api/include)
  target_link_libraries(evergreen_libtorch INTERFACE evergreen::torch_cpu evergreen::c10)
  # LibTorch's include folder has an fmt of its own, newer than Debian's and found first: take it whole from its headers.
  target_compile_definitions(evergreen_libtorch INTERFACE FMT_HEADER_ONLY)
  # at::parallel_for is a header of OpenMP pragmas, serial without this flag. The OpenMP library is LibTorch's own, so that
  # its threads and ours are one pool.
  file(GLOB openmp ${dir}/lib/libgomp*.so*)
  target_compile_options(evergreen_libtorch INTERFACE -fopenmp)
  target_link_libraries(evergreen_libtorch INTERFACE ${openmp})
  # libtorch_cpu finds the CUDA runtime through its own RPATH, beside it in the wheel's layout.
  target_link_options(evergreen_libtorch INTERFACE -Wl,--allow-shlib-undefined)
  set(${result} "" PARENT_SCOPE)
endfunction()
