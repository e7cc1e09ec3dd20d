#include <cerrno>
#include <filesystem>
#include <stdlib.h>

#include "io/file.hpp"
#include "meta/group_writer.hpp"
#include "meta/migrate.hpp"
#include "meta/read_pool.hpp"
#include "meta/store.hpp"

namespace clary::meta {
namespace {

// A folder of our own that goes with us. A file and not SQLite's memory database, because only files have a write-ahead
// log, and with it readers that never wait for the writer: tests then see what a server sees.
class TemporaryFolder {
 public:
  TemporaryFolder() = default;
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }
  ~TemporaryFolder() {
    if (!path_.empty()) (void)io::remove_tree(path_);
  }
  static Outcome<TemporaryFolder> make() {
    TemporaryFolder folder;
    for (std::string base : {std::string("/dev/shm"), std::filesystem::temp_directory_path().string()}) {
      std::string path = base + "/clary-XXXXXX";
      if (!::mkdtemp(path.data())) continue;
      folder.path_ = path;
      return folder;
    }
    return io::system_error("mkdtemp", "temporary folder", errno);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class SqliteStore final : public Store {
 public:
  SqliteStore(TemporaryFolder folder, const std::string& path, std::unique_ptr<Connection> writer,
              const StoreOptions& options)
      : folder_(std::move(folder)),
        writer_(std::move(writer), options.queue, options.write_timeout),
        readers_(path, options.readers, options.write_timeout) {}

  bool is_free() const override { return writer_.is_free(); }

 protected:
  Outcome<void> do_read(const std::function<void(Session&)>& work) override {
    if (writer_.within_write()) return internal("read() called inside a write(): use the Session that was given");
    return readers_.read(work);
  }
  Outcome<void> do_write(const std::function<bool(Session&)>& work) override {
    if (writer_.within_write()) return internal("write() called inside a write()");
    return writer_.write(work);
  }

 private:
  TemporaryFolder folder_;  // outlives the connections into it
  GroupWriter writer_;
  ReadPool readers_;
};

}  // namespace

Outcome<std::shared_ptr<Store>> Store::open(const StoreOptions& options, const std::vector<Migration>& migrations) {
  const bool durable = !options.path.empty();
  TemporaryFolder folder;
  if (!durable) {
    TRY(folder, TemporaryFolder::make());
  }
  const std::string path = durable ? options.path : folder.path() + "/store.db";
  TRY(auto connection, Connection::open(path, Connection::Role::writer, durable));
  if (durable) {
    // SQLite flushes the entry of its log in the folder, but not that of the database file.
    auto parent = std::filesystem::path(path).parent_path().string();
    CHECK_OK(io::sync_folder(parent.empty() ? "." : parent));
  }
  CHECK_OK(migrate(*connection, migrations));
  return std::shared_ptr<Store>(std::make_shared<SqliteStore>(std::move(folder), path, std::move(connection), options));
}

}  // namespace clary::meta
