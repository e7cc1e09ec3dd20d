#include "runtimes/environment_folder.hpp"

#include <boost/json.hpp>
#include <fcntl.h>
#include <filesystem>
#include <fts.h>
#include <memory>
#include <openssl/sha.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.hpp"
#include "io/file.hpp"

namespace clary::runtimes {
namespace {

namespace json = boost::json;

// Raised when environments of before must not be used any more.
constexpr const char* format = "1";

std::string sha256(const std::string& text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return to_hex(std::string_view(reinterpret_cast<const char*>(digest), sizeof digest));
}

// Calls `visit` for each entry of the tree, folders before what is in them; follows no links.
template <typename Visit>
Outcome<void> walk(const std::string& path, Visit visit) {
  char* roots[] = {const_cast<char*>(path.c_str()), nullptr};
  std::unique_ptr<FTS, int (*)(FTS*)> tree(fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, nullptr), fts_close);
  if (!tree) return io::system_error("fts_open", path, errno);
  while (FTSENT* entry = fts_read(tree.get())) {
    if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR)
      return io::system_error("readdir", entry->fts_path, entry->fts_errno);
    if (entry->fts_info != FTS_DP && entry->fts_info != FTS_NS) visit(*entry);
  }
  return {};
}

}  // namespace

Outcome<std::string> environment_hash(const std::string& lock_path, const std::string& python, bool sandbox) {
  TRY(const std::string lock, io::read_file(lock_path, 16 * 1024 * 1024));
  return sha256(std::string(format) + "\n" + python + "\n" + (sandbox ? "sandbox" : "bare") + "\n" + lock)
      .substr(0, 32);
}

std::optional<Interpreter> EnvironmentFolder::complete() const {
  auto text = io::read_file(path_ + "/environment.json", 65536);
  if (!text) return std::nullopt;
  try {
    const json::value value = json::parse(*text);
    Interpreter interpreter;
    interpreter.executable = value.at("executable").as_string();
    interpreter.home = value.at("home").as_string();
    interpreter.version = value.at("version").as_string();
    if (!io::exists(interpreter.executable)) return std::nullopt;
    return interpreter;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

std::optional<io::File> EnvironmentFolder::try_lock() const {
  // In a file that is never removed: a lock on what may be gone locks nothing.
  const std::filesystem::path path = path_, locks = path.parent_path().parent_path() / "locks";
  if (!io::make_folders(locks, 0755)) return std::nullopt;
  auto file = io::File::open(locks / path.filename(), O_RDWR | O_CREAT, 0644);
  if (!file || ::flock(file->fd(), LOCK_EX | LOCK_NB) != 0) return std::nullopt;
  return *std::move(file);
}

std::string EnvironmentFolder::being_made() const {
  const std::filesystem::path path = path_;
  return path.parent_path().parent_path() / "making" / path.filename();
}

Outcome<void> EnvironmentFolder::take_in() const {
  if (::rename(being_made().c_str(), tree().c_str()) != 0) return io::system_error("rename", being_made(), errno);
  return {};
}

Outcome<void> EnvironmentFolder::begin() const {
  CHECK_OK(remove());
  return io::make_folders(tree(), 0755);
}

Outcome<void> EnvironmentFolder::finish(const Interpreter& interpreter, const std::string& id, bool sandbox) const {
  const uid_t user = geteuid();
  CHECK_OK(walk(tree(), [&](const FTSENT& entry) {
    if (user == 0 && entry.fts_info == FTS_D) (void)!::lchown(entry.fts_accpath, 0, 0);
    if (entry.fts_info == FTS_SL || entry.fts_info == FTS_SLNONE) return;
    const mode_t mode = entry.fts_statp->st_mode & 0777;
    const bool runs = entry.fts_info == FTS_D || (mode & 0111) != 0;
    ::chmod(entry.fts_accpath, entry.fts_info == FTS_D && sandbox ? 0755 : runs ? 0555 : 0444);
  }));
  ::chmod(path_.c_str(), 0755);
  {
    TRY(io::File folder, io::File::open(path_, O_RDONLY | O_DIRECTORY));
    if (syncfs(folder.fd()) != 0) return io::system_error("syncfs", path_, errno);
  }
  const json::object text{
      {"id", id}, {"executable", interpreter.executable}, {"home", interpreter.home}, {"version", interpreter.version}};
  return io::write_durably(path_ + "/environment.json", json::serialize(text) + "\n", 0644);
}

bool EnvironmentFolder::withdraw() const {
  return ::unlink((path_ + "/environment.json").c_str()) == 0;
}

Outcome<void> EnvironmentFolder::remove() const {
  CHECK_OK(io::remove_tree(being_made()));
  if (!io::exists(path_)) return {};
  withdraw();
  if (geteuid() != 0) {
    CHECK_OK(walk(path_, [](const FTSENT& entry) {
      if (entry.fts_info == FTS_D) ::chmod(entry.fts_accpath, 0700);
    }));
  }
  return io::remove_tree(path_);
}

}  // namespace clary::runtimes
