#include "workers/uids.hpp"

#include <filesystem>

#include "workers/worker_folder.hpp"

namespace clary::workers {

Uids::Uids(std::string root, unsigned first, unsigned count) : root_(std::move(root)), first_(first), count_(count) {
  std::error_code code;
  for (std::filesystem::directory_iterator entry(root_, code), end; !code && entry != end; entry.increment(code)) {
    if (auto uid = WorkerFolder(entry->path()).uid()) {
      used_.insert(*uid);
      if (*uid >= first_ && *uid - first_ >= next_) next_ = *uid - first_ + 1;
    }
  }
}

Outcome<unsigned> Uids::of(const std::string& id) {
  std::lock_guard lock(mutex_);
  const WorkerFolder folder(root_ + "/" + id);
  if (auto uid = folder.uid()) return *uid;
  if (used_.size() >= count_)
    return make_error(ErrorKind::limit_exceeded, "There are {} workers, and no more users for them.", count_);
  while (used_.contains(first_ + next_ % count_)) ++next_;
  const unsigned uid = first_ + next_ % count_;
  CHECK_OK(io::make_folders(folder.path(), 0700));
  CHECK_OK(folder.keep_uid(uid));
  used_.insert(uid);
  next_ = (next_ + 1) % count_;
  return uid;
}

void Uids::free(unsigned uid) {
  std::lock_guard lock(mutex_);
  used_.erase(uid);
}

}  // namespace clary::workers
