# evergreen_module(NAME [TORCH] HEADERS ... SOURCES ... [BENCHES ...] [DEPENDS modules...] [LINKS targets...]
#                  [PRIVATE_LINKS targets...])
#
# One folder = one module = one library evergreen_NAME, plus one program per bench. The tests of a module are every
# tests/NAME/*_test.cpp and make one program, NAME_test. TORCH: the module sees LibTorch (through a precompiled header).
function(evergreen_module name)
  cmake_parse_arguments(arg "TORCH" "" "HEADERS;SOURCES;BENCHES;DEPENDS;LINKS;PRIVATE_LINKS" ${ARGN})
  set(target evergreen_${name})
  add_library(${target} STATIC ${arg_SOURCES})
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${arg_HEADERS})
  list(TRANSFORM arg_DEPENDS PREPEND evergreen_)
  target_link_libraries(${target} PUBLIC ${arg_DEPENDS} ${arg_LINKS} PRIVATE ${arg_PRIVATE_LINKS} $<BUILD_INTERFACE:evergreen_warnings>)
  if(arg_TORCH)
    evergreen_use_torch(${target} PUBLIC)
  endif()
  evergreen_install_module(${name} "${arg_TORCH}")
  foreach(bench ${arg_BENCHES})
    get_filename_component(bench_name ${bench} NAME_WE)
    add_executable(${bench_name} ${bench})
    target_link_libraries(${bench_name} PRIVATE ${target} benchmark::benchmark CLI11::CLI11 evergreen_warnings)
    if(arg_TORCH)
      evergreen_use_torch(${bench_name} PRIVATE)
    endif()
    set_property(GLOBAL APPEND PROPERTY EVERGREEN_BENCHES ${bench_name})
  endforeach()
  set_property(GLOBAL APPEND PROPERTY EVERGREEN_MODULES ${name})
  set_property(GLOBAL PROPERTY EVERGREEN_${name}_TORCH ${arg_TORCH})
endfunction()

# One precompiled torch/torch.h serves every target that sees LibTorch.
function(evergreen_use_torch target scope)
  if(NOT TARGET evergreen_torch_pch)
    file(WRITE ${PROJECT_BINARY_DIR}/torch_pch.cpp "")
    add_library(evergreen_torch_pch OBJECT ${PROJECT_BINARY_DIR}/torch_pch.cpp)
    target_link_libraries(evergreen_torch_pch PRIVATE evergreen_libtorch evergreen_warnings)
    target_precompile_headers(evergreen_torch_pch PRIVATE <torch/torch.h>)
  endif()
  target_link_libraries(${target} ${scope} evergreen_libtorch)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL EXECUTABLE)  # -fPIE in place of -fPIC would make the precompiled header invalid
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${target} PRIVATE -fPIC)
  endif()
  target_precompile_headers(${target} REUSE_FROM evergreen_torch_pch)
endfunction()

# evergreen_test(NAME LABELS ... [TORCH] SOURCES ... DEPENDS modules... [LINKS ...]): one test program.
function(evergreen_test name)
  cmake_parse_arguments(arg "TORCH" "" "LABELS;SOURCES;DEPENDS;LINKS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  list(TRANSFORM arg_DEPENDS PREPEND evergreen_)
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} evergreen_test_support ${arg_LINKS} GTest::gtest_main GTest::gmock
                        evergreen_warnings)
  target_compile_definitions(${name} PRIVATE EVERGREEN_TEST_DATA="${PROJECT_SOURCE_DIR}/tests")
  if(arg_TORCH)
    evergreen_use_torch(${name} PRIVATE)
  else()
    target_compile_options(${name} PRIVATE -O1 -g0)  # tests compile faster so; with LibTorch they share its precompiled header
  endif()
  add_test(NAME ${name} COMMAND ${name})
  # Threads that spin while they wait cost several times over where tests share the cores.
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" ENVIRONMENT "OMP_WAIT_POLICY=passive")
endfunction()

# add_subdirectory, for a folder that exists.
function(evergreen_add folder)
  if(EXISTS ${PROJECT_SOURCE_DIR}/${folder}/CMakeLists.txt)
    add_subdirectory(${PROJECT_SOURCE_DIR}/${folder} ${PROJECT_BINARY_DIR}/${folder})
  endif()
endfunction()
