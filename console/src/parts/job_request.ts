// From the description of a job to the request for one like it. Pure functions.
import type {
  ShapeCreateProcessingJobRequest,
  ShapeCreateTrainingJobRequest,
  ShapeCreateTransformJobRequest,
  ShapeDescribeProcessingJobResponse,
  ShapeDescribeTrainingJobResponse,
  ShapeDescribeTransformJobResponse,
} from '../generated/sagemaker';

// What of a description a request takes.
export function toRequest(job: ShapeDescribeTrainingJobResponse): ShapeCreateTrainingJobRequest {
  const algorithm = job.AlgorithmSpecification && { ...job.AlgorithmSpecification };
  // The image says it; one of the two is permitted.
  if (algorithm?.TrainingImage) delete algorithm.AlgorithmName;
  return {
    TrainingJobName: job.TrainingJobName,
    HyperParameters: job.HyperParameters,
    AlgorithmSpecification: algorithm,
    RoleArn: job.RoleArn ?? '',
    InputDataConfig: job.InputDataConfig && job.InputDataConfig.length > 0 ? job.InputDataConfig : undefined,
    OutputDataConfig: job.OutputDataConfig ?? { S3OutputPath: '' },
    ResourceConfig: job.ResourceConfig,
    VpcConfig: job.VpcConfig,
    StoppingCondition: job.StoppingCondition,
    EnableNetworkIsolation: job.EnableNetworkIsolation,
    EnableInterContainerTrafficEncryption: job.EnableInterContainerTrafficEncryption,
    EnableManagedSpotTraining: job.EnableManagedSpotTraining,
    CheckpointConfig: job.CheckpointConfig,
    ExperimentConfig: job.ExperimentConfig,
    Environment: job.Environment,
    RetryStrategy: job.RetryStrategy,
  };
}

export function toProcessingRequest(job: ShapeDescribeProcessingJobResponse): ShapeCreateProcessingJobRequest {
  return {
    ProcessingJobName: job.ProcessingJobName,
    ProcessingInputs: job.ProcessingInputs,
    ProcessingOutputConfig: job.ProcessingOutputConfig,
    ProcessingResources: job.ProcessingResources,
    StoppingCondition: job.StoppingCondition,
    AppSpecification: job.AppSpecification,
    Environment: job.Environment,
    NetworkConfig: job.NetworkConfig,
    RoleArn: job.RoleArn ?? '',
    ExperimentConfig: job.ExperimentConfig,
  };
}

export function toTransformRequest(job: ShapeDescribeTransformJobResponse): ShapeCreateTransformJobRequest {
  return {
    TransformJobName: job.TransformJobName,
    ModelName: job.ModelName,
    MaxConcurrentTransforms: job.MaxConcurrentTransforms,
    ModelClientConfig: job.ModelClientConfig,
    MaxPayloadInMB: job.MaxPayloadInMB,
    BatchStrategy: job.BatchStrategy,
    Environment: job.Environment,
    TransformInput: job.TransformInput,
    TransformOutput: job.TransformOutput ?? { S3OutputPath: '' },
    TransformResources: job.TransformResources,
    DataProcessing: job.DataProcessing,
    ExperimentConfig: job.ExperimentConfig,
  };
}
