# The program, the headers and the part of the library without LibTorch, from an installed and moved prefix.
include(${CMAKE_CURRENT_LIST_DIR}/installed.cmake)
install_elsewhere()

# The program runs from there, and from a link elsewhere.
run(version ${PREFIX}/bin/evergreen --version)
require("the version is not told: ${version}" version MATCHES "^evergreen [0-9]+\\.[0-9]+\\.[0-9]+\n$")
file(CREATE_LINK ${PREFIX}/bin/evergreen ${WORK}/linked SYMBOLIC)
run(version ${WORK}/linked --version)

# Every header of ours that an installed header includes is installed.
file(GLOB_RECURSE headers RELATIVE ${PREFIX}/include ${PREFIX}/include/evergreen/*.hpp)
list(LENGTH headers count)
require("only ${count} headers are installed" count GREATER 100)
foreach(header ${headers})
  file(STRINGS ${PREFIX}/include/${header} includes REGEX "^#include [<\"]evergreen/")
  foreach(line ${includes})
    string(REGEX REPLACE "^#include [<\"]([^>\"]+)[>\"].*" "\\1" included "${line}")
    require("${header} includes ${included}, which is not installed" EXISTS ${PREFIX}/include/${included})
  endforeach()
endforeach()

# The example adds instruct - base to the base itself: the instruct model comes back, as exact as from the program.
build_example(graft)
run(report ${WORK}/example/graft_example ${MODELS}/world-llama ${MODELS}/world-llama ${MODELS}/world-llama-instruct
    ${WORK}/updated)
file(STRINGS ${WORK}/example/graft_example rpath REGEX "${PREFIX}/lib")
require("the example has no RPATH to what the library loads on demand" rpath)
require("the report has no norms:\n${report}" report MATCHES "self_attn.q_proj +0\\.[0-9]+\n")
run(ignored ${PREFIX}/bin/evergreen residual verify ${WORK}/updated)
run(inspected ${PREFIX}/bin/evergreen residual inspect --json --base ${MODELS}/world-llama-instruct ${WORK}/updated)
string(JSON changed GET "${inspected}" total changed_share)
require("the instruct model did not come back: ${changed} of its elements are others" changed EQUAL 0)

# A fault of the inputs is an error that says what, and leaves no output.
execute_process(COMMAND ${WORK}/example/graft_example ${WORK}/nowhere ${MODELS}/world-llama
                ${MODELS}/world-llama-instruct ${WORK}/none RESULT_VARIABLE status ERROR_VARIABLE errors)
require("a missing model is not told: ${status} ${errors}" status EQUAL 3 AND errors MATCHES "error: .*nowhere")
require("an output was left behind" NOT EXISTS ${WORK}/none AND NOT EXISTS ${WORK}/none.partial)

# A component that was not built is refused with the reason.
if(NOT TORCH)
  file(WRITE ${WORK}/engine/CMakeLists.txt "cmake_minimum_required(VERSION 3.25)\nproject(p LANGUAGES CXX)\n"
       "find_package(evergreen REQUIRED COMPONENTS engine)\n")
  execute_process(COMMAND ${CMAKE_COMMAND} -G ${GENERATOR} -S ${WORK}/engine -B ${WORK}/engine/build
    -DCMAKE_PREFIX_PATH=${PREFIX} -DCMAKE_CXX_COMPILER=${COMPILER} RESULT_VARIABLE status ERROR_VARIABLE errors OUTPUT_QUIET)
  require("a missing component is accepted" NOT status EQUAL 0)
  require("a missing component is not explained:\n${errors}" errors MATCHES "built without LibTorch")
endif()
file(REMOVE_RECURSE ${WORK})
