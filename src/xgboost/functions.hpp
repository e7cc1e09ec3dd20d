// The functions of libxgboost's C API that Clary calls, found by name in one loaded library. Owned by its Library; used by Matrix and Booster alone.
// Thread rule: a plain value. Invariant: what has no remark is in every version from 0.72 to 3.x; the others are null where a version lacks them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace clary::xgboost {

using Handle = void*;
using Length = std::uint64_t;  // bst_ulong

struct Functions {
  const char* (*last_error)();
  int (*register_log)(void (*)(const char*));  // from 0.90 on
  void (*version)(int*, int*, int*);           // from 1.0 on

  int (*matrix_free)(Handle);
  int (*matrix_from_dense)(const float*, Length rows, Length columns, float missing, Handle* out);
  int (*matrix_from_dense_threads)(const float*, Length rows, Length columns, float missing, Handle* out, int threads);
  int (*matrix_from_csr_ex)(const std::size_t* starts, const unsigned* indices, const float* values, std::size_t starts_count,
                            std::size_t values_count, std::size_t columns, Handle* out);  // up to 2.x
  int (*matrix_from_csr)(const char* starts, const char* indices, const char* values, Length columns, const char* config,
                         Handle* out);  // from 1.7 on
  int (*matrix_rows)(Handle, Length*);
  int (*matrix_columns)(Handle, Length*);
  int (*matrix_set_floats)(Handle, const char* field, const float*, Length);
  int (*matrix_set_unsigned)(Handle, const char* field, const unsigned*, Length);

  int (*booster_create)(const Handle matrices[], Length, Handle* out);
  int (*booster_free)(Handle);
  int (*booster_set_param)(Handle, const char* name, const char* value);
  int (*booster_update)(Handle, int iteration, Handle matrix);
  int (*booster_eval)(Handle, int iteration, Handle matrices[], const char* names[], Length, const char** out);
  int (*booster_load_file)(Handle, const char* path);
  int (*booster_save_file)(Handle, const char* path);
  int (*booster_load_buffer)(Handle, const void*, Length);
  int (*booster_get_raw)(Handle, Length*, const char** out);                               // up to 2.x: the old binary
  int (*booster_save_buffer)(Handle, const char* config, Length*, const char** out);       // from 1.6 on
  int (*booster_serialize)(Handle, Length*, const char** out);                             // from 1.0 on: what Python pickles
  int (*booster_unserialize)(Handle, const void*, Length);                                 // from 1.0 on
  int (*booster_get_attribute)(Handle, const char* name, const char** out, int* found);
  int (*booster_set_attribute)(Handle, const char* name, const char* value);
  int (*booster_save_config)(Handle, Length*, const char** out);                           // from 1.0 on
  int (*booster_dump)(Handle, const char* feature_map, int with_stats, const char* format, Length*, const char*** out);
  int (*booster_dump_named)(Handle, int columns, const char** names, const char** types, int with_stats, const char* format, Length*,
                            const char*** out);
  // Before 1.0 there is one argument less.
  int (*booster_predict_before_1)(Handle, Handle matrix, int options, unsigned tree_limit, Length*, const float** out);
  int (*booster_predict)(Handle, Handle matrix, int options, unsigned tree_limit, int training, Length*, const float** out);
  // From 1.4 on.
  int (*booster_predict_matrix)(Handle, Handle matrix, const char* config, const Length** shape, Length* dimensions, const float** out);
  int (*booster_predict_dense)(Handle, const char* values, const char* config, Handle matrix, const Length** shape, Length* dimensions,
                               const float** out);
  int (*booster_slice)(Handle, int begin, int end, int step, Handle* out);  // from 1.3 on

  // The hosts of a training: rabit up to 1.6, the communicator from 1.7 on, a tracker from 2.1 on.
  void (*rabit_init)(int count, char* arguments[]);
  void (*rabit_finalize)();
  int (*rabit_rank)();
  int (*rabit_size)();
  void (*rabit_allreduce)(void* values, std::size_t count, int type, int operation, void (*prepare)(void*), void* argument);
  int (*booster_load_checkpoint)(Handle, int* version);  // up to 2.0
  int (*booster_save_checkpoint)(Handle);                // up to 2.0
  int (*communicator_init)(const char* config);
  int (*communicator_finalize)();
  int (*communicator_rank)();
  int (*communicator_size)();
  int (*communicator_allreduce)(void* values, std::size_t count, int type, int operation);
  int (*tracker_create)(const char* config, Handle* out);
  int (*tracker_run)(Handle, const char* config);
  int (*tracker_worker_arguments)(Handle, const char** out);
  int (*tracker_free)(Handle);
};

}  // namespace clary::xgboost
