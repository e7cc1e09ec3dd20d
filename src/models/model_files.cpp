#include "models/model_files.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

#include "io/archive.hpp"
#include "io/file.hpp"

namespace clary::models {

namespace fs = std::filesystem;

namespace {

// Archives come from many umasks; the workers that read this run under uids of their own.
Outcome<void> let_all_read(const std::string& folder) {
  std::error_code error;
  auto open_up = [&](const fs::path& path, bool is_folder) {
    auto more = fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read;
    if (is_folder) more |= fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec;
    fs::permissions(path, more, fs::perm_options::add, error);
  };
  open_up(folder, true);
  auto entry = fs::recursive_directory_iterator(folder, error);
  for (; !error && entry != fs::end(entry); entry.increment(error)) {
    if (!entry->is_symlink(error)) open_up(entry->path(), entry->is_directory(error));
    if (error) break;
  }
  if (error) return internal("permissions below {}: {}", folder, error.message());
  return {};
}

// A name that survives a power cut must not stand for files that did not.
Outcome<void> sync_all(const std::string& folder) {
  TRY(io::File opened, io::File::open(folder, O_RDONLY | O_DIRECTORY));
  if (syncfs(opened.fd()) != 0) return io::system_error("syncfs", folder, errno);
  return {};
}

Error not_downloaded(const std::string& url, const Error& why) {
  return validation(
      "Failed to download model data for container \"primary\" from URL: \"{}\". Please ensure that there is an object "
      "located at the URL "
      "and that the role passed to CreateModel has permissions to download the object. ({})",
      url, why.message);
}

struct Place {
  std::string bucket, key;  // or a prefix of keys
};

Outcome<Place> place_of(const std::string& url) {
  constexpr std::string_view scheme = "s3://";
  std::string_view rest = url;
  if (!rest.starts_with(scheme)) return validation("The URL is not one of S3.");
  rest.remove_prefix(scheme.size());
  auto slash = rest.find('/');
  if (slash == std::string_view::npos || slash + 1 == rest.size()) return validation("The URL names no object.");
  return Place{std::string(rest.substr(0, slash)), std::string(rest.substr(slash + 1))};
}

Outcome<void> unpack_into(objects::Reader& reader, const std::string& folder, const std::function<bool()>& cancelled) {
  std::uint64_t offset = 0;
  io::ByteSource source = [&](char* data, std::size_t size) -> Outcome<std::size_t> {
    auto got = reader.read(offset, data, size);
    if (got) offset += *got;
    return got;
  };
  io::UnpackOptions options;
  options.cancelled = cancelled;
  CHECK_OK(io::unpack(source, folder, options));
  return let_all_read(folder);
}

// One object as the file `name` below `folder`; `room` shrinks by its size.
Outcome<void> copy_object(objects::Objects& objects, const Place& place, const std::string& name, int folder,
                          std::uint64_t& room, const std::function<bool()>& cancelled) {
  TRY(auto reader, objects.open(place.bucket, place.key));
  const std::uint64_t size = reader->object().size;
  if (size > room) return validation("\"{}\" is larger than what a model may hold.", place.key);
  room -= size;
  TRY(auto parts, io::safe_parts(name));
  TRY(io::File file, io::create_below(folder, parts, 0644, std::nullopt));
  std::vector<char> buffer(1 << 20);
  for (std::uint64_t offset = 0; offset < size;) {
    if (cancelled && cancelled()) return make_error(ErrorKind::timed_out, "It is not wanted any more.");
    TRY(std::size_t got, reader->read(offset, buffer.data(), buffer.size()));
    if (got == 0) return internal("{} ends at {} of {} bytes", place.key, offset, size);
    CHECK_OK(file.write_all(std::string_view(buffer.data(), got)));
    offset += got;
  }
  return {};
}

Outcome<void> copy_prefix(objects::Objects& objects, Place place, int folder, std::uint64_t room,
                          const std::function<bool()>& cancelled) {
  if (!place.key.ends_with('/')) place.key += '/';
  std::uint64_t copied = 0;
  std::string after;
  while (true) {
    TRY(auto page, objects.list(place.bucket, place.key, "", after, 1000));
    for (const auto& object : page.objects) {
      if (object.key.ends_with('/')) continue;  // what consoles make to stand for a folder
      if (++copied > io::ArchiveLimits{}.entries)
        return validation("The prefix holds more objects than a model may have.");
      CHECK_OK(copy_object(objects, {place.bucket, object.key}, object.key.substr(place.key.size()), folder, room,
                           cancelled));
    }
    if (!page.truncated) break;
    after = page.next;
  }
  if (copied == 0) return make_error(ErrorKind::not_found, "There is no object below the prefix.");
  return {};
}

Outcome<void> bring_data(objects::Objects& objects, const std::string& url, ModelDataForm form,
                         const std::string& folder, const std::function<bool()>& cancelled) {
  auto place = place_of(url);
  if (!place) return not_downloaded(url, place.error());
  if (form == ModelDataForm::archive) {
    auto reader = objects.open(place->bucket, place->key);
    if (!reader) return not_downloaded(url, reader.error());
    auto unpacked = unpack_into(**reader, folder, cancelled);
    if (unpacked || unpacked.error().kind != ErrorKind::validation) return unpacked;
    return validation("The archive at \"{}\" cannot be unpacked: {}", url, unpacked.error().message);
  }
  TRY(io::File top, io::File::open(folder, O_RDONLY | O_DIRECTORY));
  std::uint64_t room = io::ArchiveLimits{}.bytes;
  auto copied = form == ModelDataForm::prefix
                    ? copy_prefix(objects, *place, top.fd(), room, cancelled)
                    : copy_object(objects, *place, fs::path(place->key).filename().string(), top.fd(), room, cancelled);
  if (!copied && (copied.error().kind == ErrorKind::internal || copied.error().kind == ErrorKind::timed_out))
    return copied;
  if (!copied) return not_downloaded(url, copied.error());
  return let_all_read(folder);
}

Outcome<void> bring(objects::Objects& objects, const std::string& url, ModelDataForm form, const std::string& folder,
                    const std::function<bool()>& cancelled) {
  if (io::exists(folder)) return {};
  std::string unfinished = folder + ".unfinished";
  CHECK_OK(io::remove_tree(unfinished));
  CHECK_OK(io::make_folders(unfinished, 0755));
  if (!url.empty()) {
    auto brought = bring_data(objects, url, form, unfinished, cancelled);
    if (!brought) {
      (void)io::remove_tree(unfinished);
      return brought;
    }
  }
  CHECK_OK(sync_all(unfinished));
  if (std::rename(unfinished.c_str(), folder.c_str()) != 0) return io::system_error("rename", folder, errno);
  return {};
}

}  // namespace

Outcome<ModelFolders> bring_model_files(objects::Objects& objects, const ContainerSpec& container,
                                        const std::string& folder, const std::function<bool()>& cancelled) {
  CHECK_OK(io::make_folders(folder));
  ModelFolders folders;
  folders.model = folder + "/model";
  CHECK_OK(
      bring(objects, container.model_data_url, container.model_data_form, folders.model, cancelled));
  if (auto code = code_url(container); !code.empty()) {
    folders.code = folder + "/code";
    CHECK_OK(bring(objects, code, ModelDataForm::archive, folders.code, cancelled));
  }
  return folders;
}

}  // namespace clary::models
