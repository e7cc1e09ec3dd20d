// The functions of ONNX Runtime's C API that Clary calls (onnxruntime_c_api.h), loaded from an environment's own libonnxruntime.so. OrtApi is a struct of
// functions that only ever grows; these are of its first version, so any release has them in the same places. Thread rule: a plain value.
// Invariant: none is null.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/outcome.hpp"

namespace clary::model_server {

// What ONNXTensorElementDataType and ONNXType call them.
enum class OnnxElement : int { undefined = 0, real = 1, int32 = 6, int64 = 7, text = 8, real64 = 11 };
enum class OnnxKind : int { unknown = 0, tensor = 1, sequence = 2, map = 3 };

struct OnnxFunctions {
  // Opaque to us, as they are in C.
  struct Status;
  struct Env;
  struct Options;
  struct Session;
  struct Value;
  struct TypeInfo;
  struct TensorInfo;
  struct MemoryInfo;
  struct Allocator;

  const char* (*error_message)(const Status*);
  Status* (*create_env)(int log_level, const char* id, Env** out);
  Status* (*create_session)(const Env*, const char* path, const Options*, Session** out);
  Status* (*run)(Session*, const void* options, const char* const* input_names, const Value* const* inputs, std::size_t input_count,
                 const char* const* output_names, std::size_t output_count, Value** outputs);
  Status* (*create_options)(Options** out);
  Status* (*set_intra_threads)(Options*, int);
  Status* (*set_inter_threads)(Options*, int);
  Status* (*input_count)(const Session*, std::size_t* out);
  Status* (*output_count)(const Session*, std::size_t* out);
  Status* (*input_type)(const Session*, std::size_t, TypeInfo** out);
  Status* (*output_type)(const Session*, std::size_t, TypeInfo** out);
  Status* (*input_name)(const Session*, std::size_t, Allocator*, char** out);
  Status* (*output_name)(const Session*, std::size_t, Allocator*, char** out);
  Status* (*create_tensor)(const MemoryInfo*, void* data, std::size_t bytes, const std::int64_t* shape, std::size_t dimensions, OnnxElement, Value** out);
  Status* (*tensor_data)(Value*, void** out);
  Status* (*tensor_info)(const TypeInfo*, const TensorInfo** out);  // null: it is no tensor
  Status* (*kind_of_type)(const TypeInfo*, OnnxKind* out);
  Status* (*element)(const TensorInfo*, OnnxElement* out);
  Status* (*dimension_count)(const TensorInfo*, std::size_t* out);
  Status* (*dimensions)(const TensorInfo*, std::int64_t* out, std::size_t count);
  Status* (*value_info)(const Value*, TensorInfo** out);
  Status* (*kind_of_value)(const Value*, OnnxKind* out);
  Status* (*cpu_memory)(int allocator, int kind, MemoryInfo** out);
  Status* (*allocator_free)(Allocator*, void*);
  Status* (*default_allocator)(Allocator** out);
  Status* (*part)(const Value*, int index, Allocator*, Value** out);  // of a sequence or a map
  Status* (*part_count)(const Value*, std::size_t* out);
  void (*release_env)(Env*);
  void (*release_status)(Status*);
  void (*release_memory_info)(MemoryInfo*);
  void (*release_session)(Session*);
  void (*release_value)(Value*);
  void (*release_type_info)(TypeInfo*);
  void (*release_tensor_info)(TensorInfo*);
  void (*release_options)(Options*);
  std::string version;  // "1.32.0"

  static Outcome<std::shared_ptr<const OnnxFunctions>> load(const std::string& library_path);
  // Nothing for null; else its message as a validation error. Releases it.
  Outcome<void> check(Status* status) const;
};

}  // namespace clary::model_server
