# cmake -Dcompiler=... -Dflags=... -Dfile=... -Dsentence=... -P compile.cmake
# Succeeds when the file is refused with an error that holds the sentence; without a sentence, when it compiles.
execute_process(COMMAND ${compiler} ${flags} -fsyntax-only ${file}
                RESULT_VARIABLE refused OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(sentence STREQUAL "")
  if(refused)
    message(FATAL_ERROR "${file} must compile, but:\n${said}")
  endif()
  return()
endif()
if(NOT refused)
  message(FATAL_ERROR "${file} compiled; it must be refused with \"${sentence}\"")
endif()
string(FIND "${said}" "${sentence}" found)
if(found EQUAL -1)
  message(FATAL_ERROR "${file} was refused, but without \"${sentence}\":\n${said}")
endif()
