// The handlers of the SageMaker control plane, one file a resource. Each is called on a pool thread with a verified caller and a checked input.
#pragma once

#include <stop_token>

#include "api/sagemaker.hpp"
#include "services/binding.hpp"

namespace clary::services::sagemaker {

using namespace clary::api::sagemaker;

// tags.cpp
Outcome<AddTagsOutput> add_tags(Context& call, const AddTagsInput& in);
Outcome<DeleteTagsOutput> delete_tags(Context& call, const DeleteTagsInput& in);
Outcome<ListTagsOutput> list_tags(Context& call, const ListTagsInput& in);

// training_jobs.cpp
Outcome<CreateTrainingJobOutput> create_training_job(Context& call, const CreateTrainingJobInput& in);
Outcome<DescribeTrainingJobOutput> describe_training_job(Context& call, const DescribeTrainingJobInput& in);
Outcome<ListTrainingJobsOutput> list_training_jobs(Context& call, const ListTrainingJobsInput& in);
Outcome<StopTrainingJobOutput> stop_training_job(Context& call, const StopTrainingJobInput& in);

// processing_jobs.cpp
Outcome<CreateProcessingJobOutput> create_processing_job(Context& call, const CreateProcessingJobInput& in);
Outcome<DescribeProcessingJobOutput> describe_processing_job(Context& call, const DescribeProcessingJobInput& in);
Outcome<ListProcessingJobsOutput> list_processing_jobs(Context& call, const ListProcessingJobsInput& in);
Outcome<StopProcessingJobOutput> stop_processing_job(Context& call, const StopProcessingJobInput& in);
Outcome<DeleteProcessingJobOutput> delete_processing_job(Context& call, const DeleteProcessingJobInput& in);

// models.cpp
Outcome<CreateModelOutput> create_model(Context& call, const CreateModelInput& in);
Outcome<DescribeModelOutput> describe_model(Context& call, const DescribeModelInput& in);
Outcome<ListModelsOutput> list_models(Context& call, const ListModelsInput& in);
Outcome<DeleteModelOutput> delete_model(Context& call, const DeleteModelInput& in);

// endpoint_configs.cpp
Outcome<CreateEndpointConfigOutput> create_endpoint_config(Context& call, const CreateEndpointConfigInput& in);
Outcome<DescribeEndpointConfigOutput> describe_endpoint_config(Context& call, const DescribeEndpointConfigInput& in);
Outcome<ListEndpointConfigsOutput> list_endpoint_configs(Context& call, const ListEndpointConfigsInput& in);
Outcome<DeleteEndpointConfigOutput> delete_endpoint_config(Context& call, const DeleteEndpointConfigInput& in);

// endpoints.cpp
Outcome<CreateEndpointOutput> create_endpoint(Context& call, const CreateEndpointInput& in);
Outcome<DescribeEndpointOutput> describe_endpoint(Context& call, const DescribeEndpointInput& in);
Outcome<ListEndpointsOutput> list_endpoints(Context& call, const ListEndpointsInput& in);
Outcome<UpdateEndpointOutput> update_endpoint(Context& call, const UpdateEndpointInput& in);
Outcome<DeleteEndpointOutput> delete_endpoint(Context& call, const DeleteEndpointInput& in);

// experiments.cpp
Outcome<CreateExperimentOutput> create_experiment(Context& call, const CreateExperimentInput& in);
Outcome<DescribeExperimentOutput> describe_experiment(Context& call, const DescribeExperimentInput& in);
Outcome<ListExperimentsOutput> list_experiments(Context& call, const ListExperimentsInput& in);
Outcome<UpdateExperimentOutput> update_experiment(Context& call, const UpdateExperimentInput& in);
Outcome<DeleteExperimentOutput> delete_experiment(Context& call, const DeleteExperimentInput& in);

// trials.cpp
Outcome<CreateTrialOutput> create_trial(Context& call, const CreateTrialInput& in);
Outcome<DescribeTrialOutput> describe_trial(Context& call, const DescribeTrialInput& in);
Outcome<ListTrialsOutput> list_trials(Context& call, const ListTrialsInput& in);
Outcome<UpdateTrialOutput> update_trial(Context& call, const UpdateTrialInput& in);
Outcome<DeleteTrialOutput> delete_trial(Context& call, const DeleteTrialInput& in);

// trial_components.cpp
Outcome<CreateTrialComponentOutput> create_trial_component(Context& call, const CreateTrialComponentInput& in);
Outcome<DescribeTrialComponentOutput> describe_trial_component(Context& call, const DescribeTrialComponentInput& in);
Outcome<ListTrialComponentsOutput> list_trial_components(Context& call, const ListTrialComponentsInput& in);
Outcome<UpdateTrialComponentOutput> update_trial_component(Context& call, const UpdateTrialComponentInput& in);
Outcome<DeleteTrialComponentOutput> delete_trial_component(Context& call, const DeleteTrialComponentInput& in);
Outcome<AssociateTrialComponentOutput> associate_trial_component(Context& call, const AssociateTrialComponentInput& in);
Outcome<DisassociateTrialComponentOutput> disassociate_trial_component(Context& call, const DisassociateTrialComponentInput& in);

// search.cpp
Outcome<std::string> search(Context& call, const SearchInput& in);  // the document of SearchOutput
// Makes the index and keeps it close to the store, so that searches find little to catch up with. Returns when it is told to stop.
void keep_index(const Parts& parts, const std::stop_token& stop);
Outcome<GetSearchSuggestionsOutput> get_search_suggestions(Context& call, const GetSearchSuggestionsInput& in);

// artifacts.cpp
Outcome<CreateArtifactOutput> create_artifact(Context& call, const CreateArtifactInput& in);
Outcome<DescribeArtifactOutput> describe_artifact(Context& call, const DescribeArtifactInput& in);
Outcome<ListArtifactsOutput> list_artifacts(Context& call, const ListArtifactsInput& in);
Outcome<UpdateArtifactOutput> update_artifact(Context& call, const UpdateArtifactInput& in);
Outcome<DeleteArtifactOutput> delete_artifact(Context& call, const DeleteArtifactInput& in);

// actions.cpp
Outcome<CreateActionOutput> create_action(Context& call, const CreateActionInput& in);
Outcome<DescribeActionOutput> describe_action(Context& call, const DescribeActionInput& in);
Outcome<ListActionsOutput> list_actions(Context& call, const ListActionsInput& in);
Outcome<UpdateActionOutput> update_action(Context& call, const UpdateActionInput& in);
Outcome<DeleteActionOutput> delete_action(Context& call, const DeleteActionInput& in);

// contexts.cpp
Outcome<CreateContextOutput> create_context(Context& call, const CreateContextInput& in);
Outcome<DescribeContextOutput> describe_context(Context& call, const DescribeContextInput& in);
Outcome<ListContextsOutput> list_contexts(Context& call, const ListContextsInput& in);
Outcome<UpdateContextOutput> update_context(Context& call, const UpdateContextInput& in);
Outcome<DeleteContextOutput> delete_context(Context& call, const DeleteContextInput& in);

// associations.cpp
Outcome<AddAssociationOutput> add_association(Context& call, const AddAssociationInput& in);
Outcome<ListAssociationsOutput> list_associations(Context& call, const ListAssociationsInput& in);
Outcome<DeleteAssociationOutput> delete_association(Context& call, const DeleteAssociationInput& in);
Outcome<QueryLineageOutput> query_lineage(Context& call, const QueryLineageInput& in);

// transform_jobs.cpp
Outcome<CreateTransformJobOutput> create_transform_job(Context& call, const CreateTransformJobInput& in);
Outcome<DescribeTransformJobOutput> describe_transform_job(Context& call, const DescribeTransformJobInput& in);
Outcome<ListTransformJobsOutput> list_transform_jobs(Context& call, const ListTransformJobsInput& in);
Outcome<StopTransformJobOutput> stop_transform_job(Context& call, const StopTransformJobInput& in);

extern const Bindings bindings;

}  // namespace clary::services::sagemaker
