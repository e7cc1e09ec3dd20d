// fuzz: wire api_sagemaker api_s3 api_iam
// Any bytes as the document of an operation in each protocol: no crash, and what was read is written and read back to the same text.
#include <cstdlib>
#include <string_view>

#include "api/iam.hpp"
#include "api/s3.hpp"
#include "api/sagemaker.hpp"
#include "wire/json.hpp"
#include "wire/query.hpp"
#include "wire/rest.hpp"
#include "wire/xml.hpp"

using namespace clary;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  wire::Violations violations;
  switch (data[0] % 4) {
    case 0: {
      api::sagemaker::CreateTrainingJobRequest in;
      if (!wire::read_json(api::sagemaker::CreateTrainingJobRequest_shape, &in, text, violations)) return 0;
      wire::validate(api::sagemaker::CreateTrainingJobRequest_shape, &in, violations);
      std::string once = wire::to_document(api::sagemaker::CreateTrainingJobRequest_shape, in);
      auto back = wire::from_document<api::sagemaker::CreateTrainingJobRequest>(api::sagemaker::CreateTrainingJobRequest_shape, once);
      if (!back || wire::to_document(api::sagemaker::CreateTrainingJobRequest_shape, *back) != once) std::abort();
      return 0;
    }
    case 1: {
      api::s3::Delete in;
      if (wire::read_xml(api::s3::Delete_shape, &in, text, violations)) wire::validate(api::s3::Delete_shape, &in, violations);
      return 0;
    }
    case 2: {
      api::iam::SimulatePrincipalPolicyRequest in;
      auto form = wire::read_form(text);
      if (form && wire::read_query(api::iam::SimulatePrincipalPolicyRequest_shape, &in, *form, violations))
        wire::validate(api::iam::SimulatePrincipalPolicyRequest_shape, &in, violations);
      return 0;
    }
    default:
      wire::match_uri("/{Bucket}/{Key+}", text);
      parse_iso8601(text);
      parse_http_date(text);
      return 0;
  }
}
