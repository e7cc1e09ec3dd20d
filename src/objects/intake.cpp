#include "objects/intake.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace clary::objects {

namespace {

constexpr std::size_t buffer_size = 512 * 1024;
constexpr std::size_t buffers = 8;
// The kernel is told to write back in steps of so many bytes, so that the final sync finds little to do.
constexpr std::uint64_t write_back_step = 2 * 1024 * 1024;

std::atomic<unsigned> long_streams{0};

}  // namespace

Outcome<void> write_at(const io::File& file, std::string_view data, std::uint64_t offset) {
  while (!data.empty()) {
    ssize_t wrote = ::pwrite(file.fd(), data.data(), data.size(), static_cast<off_t>(offset));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return io::system_error("pwrite", "blob", errno);
    data.remove_prefix(static_cast<std::size_t>(wrote));
    offset += static_cast<std::uint64_t>(wrote);
  }
  return {};
}

Intake::Intake(Blobs& blobs, Plan plan) : blobs_(blobs), plan_(std::move(plan)) {
  if (plan_.sha256) sha256_ = Hash::sha256();
  if (plan_.checksum) checksum_.emplace(*plan_.checksum);
}

Intake::~Intake() {
  if (thread_ || lane_) --long_streams;
  thread_.reset();
  lane_.reset();
  file_.reset();
  if (!kept_ && !plan_.place && !blob_.empty()) blobs_.remove(blob_);
}

Outcome<void> Intake::write(std::string_view data) {
  size_ += data.size();
  if (file_ == nullptr) {
    if (small_.size() + data.size() <= plan_.inline_limit) {
      small_.append(data);
      return {};
    }
    CHECK_OK(spill());
  }
  while (!data.empty()) {
    const std::size_t piece = std::min(data.size(), buffer_size - fill_);
    std::memcpy(ring_[at_].get() + fill_, data.data(), piece);
    fill_ += piece;
    data.remove_prefix(piece);
    if (fill_ == buffer_size) CHECK_OK(pass_on());
  }
  return {};
}

Outcome<void> Intake::spill() {
  if (plan_.place) {
    blob_ = plan_.place->blob;
    file_ = plan_.place->file;
  } else {
    blob_ = blobs_.new_id();
    TRY(io::File file, blobs_.create(blob_));
    file_ = std::make_shared<io::File>(std::move(file));
  }
  ring_.push_back(std::make_unique_for_overwrite<char[]>(buffer_size));
  std::string before = std::exchange(small_, {});
  std::memcpy(ring_[0].get(), before.data(), before.size());
  fill_ = before.size();
  return {};
}

// A full buffer goes to the sums and to the file. From the second one on MD5 goes beside: what fits one buffer must not
// pay for it.
Outcome<void> Intake::pass_on() {
  const std::string_view data(ring_[at_].get(), fill_);
  if (pushed_ == 1) begin_beside();
  hash(data);
  if (sha256_) sha256_->update(data);
  if (checksum_) checksum_->update(data);
  CHECK_OK(put(data));
  ++pushed_;
  fill_ = 0;
  if (!thread_ && !lane_) return {};
  at_ = (at_ + 1) % buffers;
  if (at_ == ring_.size()) {
    ring_.push_back(std::make_unique_for_overwrite<char[]>(buffer_size));
  } else {
    // The buffer of the next bytes must be free again. (The first piece beside is the second buffer.)
    const auto pieces = pushed_ - buffers;
    thread_ ? thread_->wait_until_done(pieces) : lane_->wait_until_done(pieces);
  }
  return {};
}

void Intake::begin_beside() {
  // Counted once there is something that the destructor counts off.
  if (HashThread::is_worthwhile(long_streams + 1)) {
    try {
      thread_ = std::make_unique<HashThread>(md5_, buffers);
    } catch (const std::system_error&) {
      // No thread is to be had: the lanes share theirs.
    }
  }
  if (!thread_) lane_ = std::make_unique<Md5Lanes::Stream>(Md5Lanes::shared(), md5_);
  ++long_streams;
}

void Intake::hash(std::string_view data) {
  if (thread_) {
    thread_->push(data);
  } else if (lane_) {
    lane_->push(data);
  } else {
    md5_.update(data);
  }
}

Outcome<void> Intake::put(std::string_view data) {
  const std::uint64_t base = plan_.place ? plan_.place->offset : 0;
  if (plan_.place) {
    CHECK_OK(plan_.place->write(data, base + written_));
  } else {
    CHECK_OK(write_at(*file_, data, written_));
  }
  written_ += data.size();
  if (written_ - flushed_ >= write_back_step) {
    // Only a hint: what it does not start, the final sync does.
    ::sync_file_range(file_->fd(), static_cast<off_t>(base + flushed_), static_cast<off_t>(written_ - flushed_),
                      SYNC_FILE_RANGE_WRITE);
    flushed_ = written_;
  }
  return {};
}

Outcome<Intake::Taken> Intake::finish() {
  // What must not stay in memory gets its file even when nothing was written.
  if (file_ == nullptr && plan_.inline_limit == 0) CHECK_OK(spill());
  std::string_view last = small_;
  if (file_ != nullptr) last = {ring_[at_].get(), fill_};
  hash(last);
  if (sha256_) sha256_->update(last);
  if (checksum_) checksum_->update(last);
  if (file_ != nullptr) CHECK_OK(put(last));
  Taken taken;
  taken.size = size_;
  taken.blob = blob_;
  taken.offset = plan_.place ? plan_.place->offset : 0;
  taken.data = std::move(small_);
  // The disk and the last of the MD5 work at the same time.
  if ((thread_ || lane_) && written_ > flushed_) {
    ::sync_file_range(file_->fd(), static_cast<off_t>(taken.offset + flushed_), static_cast<off_t>(written_ - flushed_),
                      SYNC_FILE_RANGE_WRITE);
  }
  taken.md5 = thread_ ? thread_->finish() : lane_ ? lane_->finish() : md5_.finish();
  if (sha256_) taken.sha256 = sha256_->finish();
  if (checksum_) taken.checksum = checksum_->raw();
  return taken;
}

Outcome<void> Intake::seal() {
  if (file_ == nullptr) return {};
  return blobs_.seal(blob_, *file_);
}

}  // namespace clary::objects
