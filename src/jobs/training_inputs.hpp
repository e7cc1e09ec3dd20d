// What a job works on, brought from the object store into its folder: input channels and the source archive.
// Functions that block; the machine calls them on its transfer threads. Thread rule: one call a folder.
// Invariant: nothing is written outside the given folder, whatever keys, manifests and archives say. Errors are worded
// as FailureReason shows them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arn.hpp"
#include "base/outcome.hpp"
#include "jobs/training_job.hpp"
#include "objects/objects.hpp"

namespace clary::jobs {

struct Intake {
  objects::Objects& objects;
  Scope scope;
  std::string role_arn;
  std::optional<unsigned> owner;    // whom the files are given to
  std::uint64_t room = 0;           // bytes that the job's volume has left
  std::int64_t page = 1000;         // keys asked for at a time
  std::size_t host = 0, hosts = 1;  // which host of how many: what ShardedByS3Key shares out
  // True ends the work with ErrorKind::timed_out. Asked on several threads.
  std::function<bool()> cancelled = {};
  // Where FastFile channels are put, a folder each (fastfile.hpp). Empty: they are copied, as those of mode File.
  std::string lazy_folder = {};
  std::vector<std::string> notes = {};  // what the job's log should say of its inputs
};

// Brings the channel's objects into `folder`, which exists and has nothing of the objects' names in it. A FastFile channel
// goes to a folder of its name in lazy_folder instead, and `folder` stays empty, as the place to mount it at.
//
// As at AWS: ShardedByS3Key gives each host its share of the objects (channel_share.hpp); ShuffleConfig changes which;
// CompressionType and RecordWrapperType mean something in Pipe mode alone, so a .gz file stays one; an augmented manifest
// is served in File mode, where the channel gets the manifest with the listed attributes and, at <channel>/<key>, the
// objects that its "-ref" attributes name.
Outcome<void> fetch_channel(Intake& intake, const Channel& channel, const std::string& folder);
// Unpacks the source archive into `folder` (which exists).
Outcome<void> fetch_source(Intake& intake, const std::string& uri, const std::string& folder);

// Where the hyperparameter sagemaker_submit_directory (JSON text as SDK 1 and 2 send it, or plain) says that the source
// is, if on S3.
std::optional<std::string> source_uri(const TrainingSpec& spec);

// Where below the channel an object goes, as AWS lays them out: what follows the prefix up to a slash; the base name
// where the prefix is the key itself. Nothing for a "directory" key (one that ends in a slash).
Outcome<std::optional<std::string>> path_in_channel(std::string_view prefix, std::string_view key);

// That a prefix, or its bucket, is not there, in AWS's words.
Error nothing_found(const Scope& scope, const std::string& role_arn, std::string_view url, const std::string& bucket);

// Whether the scope's account owns the bucket; the error is worded for a job's output or input.
Outcome<void> check_bucket(objects::Objects& objects, const Scope& scope, const std::string& bucket);

}  // namespace clary::jobs
