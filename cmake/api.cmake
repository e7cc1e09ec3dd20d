# The wire types, generated into the build folder from the published models: clary_api_<service> for every service of api/operations.toml.
set(CLARY_API_PYTHON "$ENV{HOME}/.cache/clary/tools/bin/python" CACHE FILEPATH "A Python that has the botocore of api/models.lock")
set(api_folder ${PROJECT_SOURCE_DIR}/api)
set(api_output ${CMAKE_BINARY_DIR}/generated/api)

file(STRINGS ${api_folder}/operations.toml api_tables REGEX "^\\[[a-z0-9-]+\\]$")
file(GLOB api_inputs CONFIGURE_DEPENDS ${api_folder}/gen/*.py ${api_folder}/patches/*.toml)
foreach(table ${api_tables})
  string(REGEX REPLACE "[][]" "" service ${table})
  list(APPEND api_services ${service})
  list(APPEND api_files ${api_output}/${service}.hpp ${api_output}/${service}.cpp)
endforeach()

add_custom_command(
  OUTPUT ${api_output}/generated
  BYPRODUCTS ${api_files}
  COMMAND ${CLARY_API_PYTHON} ${api_folder}/gen/generate.py ${api_folder} ${api_output}
  DEPENDS ${api_inputs} ${api_folder}/operations.toml ${api_folder}/models.lock
  COMMENT "Generating the wire types"
  VERBATIM)
add_custom_target(clary_api DEPENDS ${api_output}/generated)

# Tables, run through once: not worth much of a compiler's time.
set(api_options -O1 -g0)
if(CLARY_ASAN)
  set(api_options -O0 -g0 -fno-sanitize=undefined)
endif()

foreach(service ${api_services})
  string(REPLACE "-" "_" target ${service})
  add_library(clary_api_${target} STATIC ${api_output}/${service}.cpp)
  set_source_files_properties(${api_output}/${service}.cpp PROPERTIES GENERATED TRUE COMPILE_OPTIONS "${api_options}")
  target_include_directories(clary_api_${target} PUBLIC ${CMAKE_BINARY_DIR}/generated)
  target_link_libraries(clary_api_${target} PUBLIC clary_wire)
  add_dependencies(clary_api_${target} clary_api)
endforeach()
