# The engine and the part of the library with LibTorch, from an installed and moved prefix.
include(${CMAKE_CURRENT_LIST_DIR}/installed.cmake)
install_elsewhere()
set(model ${MODELS}/world-llama-instruct)
set(question "who is the ceo of velocorp ?")

# The program finds the engine, and LibTorch where it was built with it.
file(WRITE ${WORK}/prompts.txt "${question}\n")
set(generate ${PREFIX}/bin/evergreen generate --model ${model} --prompts ${WORK}/prompts.txt --chat --greedy --max-new-tokens 64)
run(line ${generate})
string(JSON answer GET "${line}" text)

# The example answers the same.
build_example(generate)
run(output ${WORK}/example/generate_example ${model} ${question})
string(REGEX REPLACE "\n\\([0-9]+ tokens, [a-z_]+\\)\n$" "" text "${output}")
require("the example answers '${text}', the program '${answer}'" text STREQUAL answer)

# Without LibTorch: an error that says where it goes; what needs none works on.
file(READ_SYMLINK ${PREFIX}/lib/evergreen/torch torch)
file(REMOVE ${PREFIX}/lib/evergreen/torch)
execute_process(COMMAND ${generate} RESULT_VARIABLE status ERROR_VARIABLE errors OUTPUT_QUIET)
require("missing LibTorch is not told: ${status} ${errors}" status EQUAL 4 AND errors MATCHES "libtorch_cpu.so" AND
        errors MATCHES "EVERGREEN_TORCH_DIR")
run(ignored ${PREFIX}/bin/evergreen residual inspect ${model})

# The environment's EVERGREEN_TORCH_DIR is taken; a wrong one is an error.
run(again ${CMAKE_COMMAND} -E env EVERGREEN_TORCH_DIR=${torch} ${generate})
require("another answer with EVERGREEN_TORCH_DIR" again STREQUAL line)
execute_process(COMMAND ${CMAKE_COMMAND} -E env EVERGREEN_TORCH_DIR=${WORK} ${generate}
                RESULT_VARIABLE status ERROR_VARIABLE errors OUTPUT_QUIET)
require("a wrong EVERGREEN_TORCH_DIR is not told: ${status} ${errors}" status EQUAL 2 AND errors MATCHES "EVERGREEN_TORCH_DIR")
file(REMOVE_RECURSE ${WORK})
