// From the description of a training job to the request for the model that it made. Pure functions.
import { plain } from '../format';
import type { ShapeCreateModelInput, ShapeDescribeTrainingJobResponse } from '../generated/sagemaker';

// Nothing: the job left no model. Where the job ran a script of the user's, that script is what loads the model, too.
export function toModel(job: ShapeDescribeTrainingJobResponse): ShapeCreateModelInput | undefined {
  const data = job.ModelArtifacts?.S3ModelArtifacts, image = job.AlgorithmSpecification?.TrainingImage;
  if (!data || !image) return undefined;
  const { sagemaker_program: program, sagemaker_submit_directory: folder } = job.HyperParameters ?? {};
  const environment: Record<string, string> = program && folder ? { SAGEMAKER_PROGRAM: plain(program), SAGEMAKER_SUBMIT_DIRECTORY: plain(folder) } : {};
  return {
    ModelName: job.TrainingJobName,
    ExecutionRoleArn: job.RoleArn,
    PrimaryContainer: { Image: image, ModelDataUrl: data, Environment: environment },
  };
}
