# What the tests of an installation share.
set(MODELS ${SOURCE}/models)

# run(OUTPUT command...): stdout into OUTPUT; a failure ends the test with what was printed.
macro(run output)
  execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE ${output} ERROR_VARIABLE run_errors RESULT_VARIABLE run_status)
  if(NOT run_status EQUAL 0)
    message(FATAL_ERROR "'${ARGN}' ended with ${run_status}\n${${output}}${run_errors}")
  endif()
endmacro()

# require(MESSAGE condition...)
function(require message)
  if(NOT (${ARGN}))
    message(FATAL_ERROR "${message}")
  endif()
endfunction()

# Installs, then moves: nothing may remember the place.
macro(install_elsewhere)
  file(REMOVE_RECURSE ${WORK})
  run(ignored ${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/first)
  file(RENAME ${WORK}/first ${WORK}/moved)
  set(PREFIX ${WORK}/moved)
endmacro()

# build_example(NAME [cmake arguments]): against PREFIX, out of the installed copy of the example.
macro(build_example name)
  run(ignored ${CMAKE_COMMAND} -G ${GENERATOR} -S ${PREFIX}/share/evergreen/examples/${name} -B ${WORK}/example
      -DCMAKE_PREFIX_PATH=${PREFIX} -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER=${COMPILER} ${ARGN})
  run(ignored ${CMAKE_COMMAND} --build ${WORK}/example)
endmacro()
