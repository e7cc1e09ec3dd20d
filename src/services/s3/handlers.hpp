// The handlers of S3's operations, one file a resource. Thread rule: pool threads, one call each.
// Most are `Outcome<Output> f(Call&, const Input&)`; those that stream a body, or whose answer is no document of the
// model, answer themselves.
#pragma once

#include "api/s3.hpp"
#include "services/s3/call.hpp"

namespace clary::services::s3 {

using namespace api::s3;  // the generated shapes
using clary::Error;        // and not the shape of that name

// buckets.cpp
Outcome<ListBucketsOutput> list_buckets(Call& call, const ListBucketsInput& in);
Outcome<CreateBucketOutput> create_bucket(Call& call, const CreateBucketInput& in);
Outcome<DeleteBucketOutput> delete_bucket(Call& call, const DeleteBucketInput& in);
Outcome<HeadBucketOutput> head_bucket(Call& call, const HeadBucketInput& in);
Outcome<http::Response> get_bucket_location(Call& call);
Outcome<GetBucketVersioningOutput> get_bucket_versioning(Call& call, const GetBucketVersioningInput& in);
Outcome<GetBucketAclOutput> get_bucket_acl(Call& call, const GetBucketAclInput& in);
Outcome<GetObjectAclOutput> get_object_acl(Call& call, const GetObjectAclInput& in);

// tagging.cpp
Outcome<GetBucketTaggingOutput> get_bucket_tagging(Call& call, const GetBucketTaggingInput& in);
Outcome<PutBucketTaggingOutput> put_bucket_tagging(Call& call, const PutBucketTaggingInput& in);
Outcome<DeleteBucketTaggingOutput> delete_bucket_tagging(Call& call, const DeleteBucketTaggingInput& in);
Outcome<GetObjectTaggingOutput> get_object_tagging(Call& call, const GetObjectTaggingInput& in);
Outcome<PutObjectTaggingOutput> put_object_tagging(Call& call, const PutObjectTaggingInput& in);
Outcome<DeleteObjectTaggingOutput> delete_object_tagging(Call& call, const DeleteObjectTaggingInput& in);

// listings.cpp
Outcome<ListObjectsOutput> list_objects(Call& call, const ListObjectsInput& in);
Outcome<ListObjectsV2Output> list_objects_v2(Call& call, const ListObjectsV2Input& in);
Outcome<ListObjectVersionsOutput> list_object_versions(Call& call, const ListObjectVersionsInput& in);

// get_object.cpp
Outcome<http::Response> get_object(Call& call);
Outcome<http::Response> head_object(Call& call);
Outcome<GetObjectAttributesOutput> get_object_attributes(Call& call, const GetObjectAttributesInput& in);

// put_object.cpp, copy_object.cpp, delete_objects.cpp
Outcome<http::Response> put_object(Call& call);
Outcome<CopyObjectOutput> copy_object(Call& call, const CopyObjectInput& in);
Outcome<DeleteObjectOutput> delete_object(Call& call, const DeleteObjectInput& in);
Outcome<DeleteObjectsOutput> delete_objects(Call& call, const DeleteObjectsInput& in);

// multipart.cpp
Outcome<CreateMultipartUploadOutput> create_multipart_upload(Call& call, const CreateMultipartUploadInput& in);
Outcome<http::Response> upload_part(Call& call);
Outcome<UploadPartCopyOutput> upload_part_copy(Call& call, const UploadPartCopyInput& in);
Outcome<CompleteMultipartUploadOutput> complete_multipart_upload(Call& call, const CompleteMultipartUploadInput& in);
Outcome<AbortMultipartUploadOutput> abort_multipart_upload(Call& call, const AbortMultipartUploadInput& in);
Outcome<ListPartsOutput> list_parts(Call& call, const ListPartsInput& in);
Outcome<ListMultipartUploadsOutput> list_multipart_uploads(Call& call, const ListMultipartUploadsInput& in);

}  // namespace clary::services::s3
