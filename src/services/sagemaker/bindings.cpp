#include "services/sagemaker/handlers.hpp"

namespace clary::services::sagemaker {

const Bindings bindings = bind_all<served_operations,                                    //
                                   Bind<op::AddTags, add_tags>,                          //
                                   Bind<op::DeleteTags, delete_tags>,                    //
                                   Bind<op::ListTags, list_tags>,                        //
                                   Bind<op::CreateTrainingJob, create_training_job>,     //
                                   Bind<op::DescribeTrainingJob, describe_training_job>, //
                                   Bind<op::ListTrainingJobs, list_training_jobs>,       //
                                   Bind<op::StopTrainingJob, stop_training_job>,         //
                                   Bind<op::CreateProcessingJob, create_processing_job>,      //
                                   Bind<op::DescribeProcessingJob, describe_processing_job>,  //
                                   Bind<op::ListProcessingJobs, list_processing_jobs>,        //
                                   Bind<op::StopProcessingJob, stop_processing_job>,          //
                                   Bind<op::DeleteProcessingJob, delete_processing_job>,      //
                                   Bind<op::CreateModel, create_model>,                  //
                                   Bind<op::DescribeModel, describe_model>,              //
                                   Bind<op::ListModels, list_models>,                    //
                                   Bind<op::DeleteModel, delete_model>,                  //
                                   Bind<op::CreateEndpointConfig, create_endpoint_config>,      //
                                   Bind<op::DescribeEndpointConfig, describe_endpoint_config>,  //
                                   Bind<op::ListEndpointConfigs, list_endpoint_configs>,        //
                                   Bind<op::DeleteEndpointConfig, delete_endpoint_config>,      //
                                   Bind<op::CreateEndpoint, create_endpoint>,            //
                                   Bind<op::DescribeEndpoint, describe_endpoint>,        //
                                   Bind<op::ListEndpoints, list_endpoints>,              //
                                   Bind<op::UpdateEndpoint, update_endpoint>,            //
                                   Bind<op::DeleteEndpoint, delete_endpoint>,            //
                                   Bind<op::CreateExperiment, create_experiment>,  //
                                   Bind<op::DescribeExperiment, describe_experiment>,  //
                                   Bind<op::ListExperiments, list_experiments>,  //
                                   Bind<op::UpdateExperiment, update_experiment>,  //
                                   Bind<op::DeleteExperiment, delete_experiment>,  //
                                   Bind<op::CreateTrial, create_trial>,  //
                                   Bind<op::DescribeTrial, describe_trial>,  //
                                   Bind<op::ListTrials, list_trials>,  //
                                   Bind<op::UpdateTrial, update_trial>,  //
                                   Bind<op::DeleteTrial, delete_trial>,  //
                                   Bind<op::CreateTrialComponent, create_trial_component>,  //
                                   Bind<op::DescribeTrialComponent, describe_trial_component>,  //
                                   Bind<op::ListTrialComponents, list_trial_components>,  //
                                   Bind<op::UpdateTrialComponent, update_trial_component>,  //
                                   Bind<op::DeleteTrialComponent, delete_trial_component>,  //
                                   Bind<op::AssociateTrialComponent, associate_trial_component>,  //
                                   Bind<op::DisassociateTrialComponent, disassociate_trial_component>,  //
                                   BindDocument<op::Search, search>,  //
                                   Bind<op::GetSearchSuggestions, get_search_suggestions>,  //
                                   Bind<op::CreateArtifact, create_artifact>,  //
                                   Bind<op::DescribeArtifact, describe_artifact>,  //
                                   Bind<op::ListArtifacts, list_artifacts>,  //
                                   Bind<op::UpdateArtifact, update_artifact>,  //
                                   Bind<op::DeleteArtifact, delete_artifact>,  //
                                   Bind<op::CreateAction, create_action>,  //
                                   Bind<op::DescribeAction, describe_action>,  //
                                   Bind<op::ListActions, list_actions>,  //
                                   Bind<op::UpdateAction, update_action>,  //
                                   Bind<op::DeleteAction, delete_action>,  //
                                   Bind<op::CreateContext, create_context>,  //
                                   Bind<op::DescribeContext, describe_context>,  //
                                   Bind<op::ListContexts, list_contexts>,  //
                                   Bind<op::UpdateContext, update_context>,  //
                                   Bind<op::DeleteContext, delete_context>,  //
                                   Bind<op::AddAssociation, add_association>,  //
                                   Bind<op::ListAssociations, list_associations>,  //
                                   Bind<op::DeleteAssociation, delete_association>,  //
                                   Bind<op::QueryLineage, query_lineage>,  //
                                   Bind<op::CreateTransformJob, create_transform_job>,  //
                                   Bind<op::DescribeTransformJob, describe_transform_job>,  //
                                   Bind<op::ListTransformJobs, list_transform_jobs>,  //
                                   Bind<op::StopTransformJob, stop_transform_job>>();

}  // namespace clary::services::sagemaker
