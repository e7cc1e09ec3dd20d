// A shared library that is loaded while the program runs, and its functions by their names. Copies are the same library. Thread rule: any thread.
// Invariant: it is never unloaded, because threads of its own may outlive every user.
#pragma once

#include <dlfcn.h>
#include <string>

#include "base/outcome.hpp"

namespace clary::io {

class SharedLibrary {
 public:
  // An internal error says why it cannot be loaded.
  static Outcome<SharedLibrary> load(const std::string& path) {
    void* handle = dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL);
    if (handle) return SharedLibrary(handle);
    const char* why = dlerror();
    return internal("cannot load {}: {}", path, why ? why : "");
  }
  // Null where the library has no such function.
  template <typename Function>
  void find(const char* name, Function& function) const {
    function = reinterpret_cast<Function>(dlsym(handle_, name));
  }

 private:
  explicit SharedLibrary(void* handle) : handle_(handle) {}
  void* handle_;
};

}  // namespace clary::io
