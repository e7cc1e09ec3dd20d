// The lineage that writes itself, as AWS's does: an artifact for every data set, image and model that a job, a model or an endpoint names, the trial
// component of each job, an action for each deployment and a context for each endpoint, and the associations between them:
//
//   DataSet, Image -ContributedTo-> job -Produced-> Model -ContributedTo-> ModelDeployment -AssociatedWith-> Endpoint
//
// Each is written in the transaction that stores what it tells of. Thread rule: as the Session's. Invariant: what is there is used again, so a
// data set that a job wrote and another read is one vertex; nothing is taken back when a job, model or endpoint is deleted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "meta/records.hpp"
#include "services/sagemaker/resources.hpp"
#include "serving/endpoints.hpp"

namespace clary::services::sagemaker {

// What a job, model or deployment names: a place and what it holds ("DataSet", "Image", "Model", ...).
struct Thing {
  std::string uri;
  std::string_view type;
};

// From each thing's artifact to the record, or to each thing's from it.
Outcome<void> associate_from(meta::Session& session, const std::vector<Thing>& things, std::string_view association, const meta::Record& to,
                             Time now);
Outcome<void> associate_to(meta::Session& session, const meta::Record& from, std::string_view association, const std::vector<Thing>& things,
                           Time now);

// A model's data and images, container by container.
std::vector<Thing> things_of(const CreateModelInput& model);
// The artifacts of a new model.
Outcome<void> record_model(meta::Session& session, const meta::Record& model, const CreateModelInput& in);
// A deployment to an endpoint, new or changed; `now` is the time of the change.
Outcome<void> record_deployment(meta::Session& session, const meta::Record& endpoint, const std::vector<serving::VariantSpec>& variants, Time now);

}  // namespace clary::services::sagemaker
