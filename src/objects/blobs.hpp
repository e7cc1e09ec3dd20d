// The folder of blobs: one file each, `<folder>/<2 hex>/<id>`, named by nothing that a client sent.
// Owned by the object store. Thread rule: any thread.
// Invariant: a file is written in place but no index row names it before seal() returned, so nobody ever reads it
// half-written; a file that no row names is left over from a crash, and sweep() removes those of earlier runs.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "base/outcome.hpp"
#include "io/file.hpp"
#include "objects/last_close.hpp"

namespace clary::objects {

class Blobs {
 public:
  static Outcome<std::unique_ptr<Blobs>> open(const std::string& folder);

  std::string new_id() const;                       // begins with this run's mark
  Outcome<io::File> create(const std::string& id);  // opens it where it is there already
  Outcome<std::shared_ptr<io::File>> open_blob(const std::string& id) const;
  // Makes the file's bytes and its entry in the folder durable.
  Outcome<void> seal(const std::string& id, io::File& file);
  void remove(const std::string& id) noexcept;  // gone already is fine
  // Removes every file of earlier runs that `is_named` does not know. Returns how many.
  Outcome<std::size_t> sweep(const std::function<Outcome<bool>(const std::string& id)>& is_named, std::stop_token stop);

 private:
  explicit Blobs(std::string folder);
  std::string folder_of(const std::string& id) const;
  std::string path_of(const std::string& id) const;

  std::string folder_;
  std::string run_;
  LastClose last_close_;
};

}  // namespace clary::objects
