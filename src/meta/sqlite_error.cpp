#include "meta/sqlite_error.hpp"

#include <cerrno>
#include <sqlite3.h>

namespace clary::meta {
namespace {

// What the operating system said when writing the log failed: a failed COMMIT does not tell it through
// sqlite3_system_errno.
int last_log_errno(sqlite3* db) {
  sqlite3_file* log = nullptr;
  int cause = 0;
  if (sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) != SQLITE_OK || !log || !log->pMethods)
    return 0;
  log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &cause);
  return cause;
}

// SQLite calls only ENOSPC a full disk; a quota and a file size limit reach it as I/O errors.
bool is_disk_full(sqlite3* db, int code) {
  if ((code & 0xff) == SQLITE_FULL) return true;
  if (code != SQLITE_IOERR_WRITE || !db) return false;
  int cause = last_log_errno(db);
  return cause == ENOSPC || cause == EDQUOT || cause == EFBIG;
}

}  // namespace

Error sqlite_error(sqlite3* db, int code, std::string_view doing) {
  int extended = db ? sqlite3_extended_errcode(db) : code;
  Error error = internal("sqlite: {} ({}, code {}) in: {}", db ? sqlite3_errmsg(db) : sqlite3_errstr(code),
                         sqlite3_errstr(code), extended, doing.substr(0, 400));
  if (is_disk_full(db, extended)) {
    error.kind = ErrorKind::unavailable;
    error.message = "There is no space left on the server's disk.";
  } else if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED) {
    error.kind = ErrorKind::unavailable;
    error.message = "The metadata store is busy. Please retry your request.";
  } else if ((code & 0xff) == SQLITE_CONSTRAINT) {
    error.kind = ErrorKind::already_exists;
    error.message = "A resource with these properties already exists.";
  }
  return error;
}

}  // namespace clary::meta
