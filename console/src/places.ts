// Which address is which page.
import type { ComponentType } from 'react';
import { lazy } from 'react';
import { matchPath } from 'react-router-dom';

interface Place {
  path: string;
  load: () => Promise<unknown>;
  Page: ComponentType;
}

// One chunk a page: the first load stays small.
function place<Name extends string>(path: string, load: () => Promise<Record<Name, ComponentType>>, name: Name): Place {
  return { path, load, Page: lazy(async () => ({ default: (await load())[name] as ComponentType })) };
}

const home = () => import('./pages/home');
const experiments = () => import('./pages/experiments');
const trainingJobs = () => import('./pages/training_jobs');
const processingJobs = () => import('./pages/processing_jobs');
const transformJobs = () => import('./pages/transform_jobs');
const models = () => import('./pages/models');
const endpoints = () => import('./pages/endpoints');
const endpointConfigs = () => import('./pages/endpoint_configs');
const logs = () => import('./pages/logs');
const s3 = () => import('./pages/s3');

export const places: Place[] = [
  place('/', home, 'Home'),
  place('/experiments', experiments, 'Experiments'),
  place('/experiments/:experiment', experiments, 'Trials'),
  place('/experiments/:experiment/:trial', experiments, 'Components'),
  place('/unassigned', experiments, 'Components'),
  place('/trial-components/:name', () => import('./pages/trial_component'), 'TrialComponent'),
  place('/compare', () => import('./pages/compare'), 'Compare'),
  place('/training-jobs', trainingJobs, 'TrainingJobs'),
  place('/training-jobs/:name', trainingJobs, 'TrainingJob'),
  place('/processing-jobs', processingJobs, 'ProcessingJobs'),
  place('/processing-jobs/:name', processingJobs, 'ProcessingJob'),
  place('/transform-jobs', transformJobs, 'TransformJobs'),
  place('/transform-jobs/:name', transformJobs, 'TransformJob'),
  place('/models', models, 'Models'),
  place('/models/:name', models, 'Model'),
  place('/endpoints', endpoints, 'Endpoints'),
  place('/endpoints/:name', endpoints, 'Endpoint'),
  place('/endpoint-configs', endpointConfigs, 'EndpointConfigs'),
  place('/endpoint-configs/:name', endpointConfigs, 'EndpointConfig'),
  place('/lineage', () => import('./pages/lineage'), 'Lineage'),
  place('/search', () => import('./pages/search'), 'Search'),
  place('/logs', logs, 'LogGroups'),
  place('/logs/:group', logs, 'LogGroup'),
  place('/s3', s3, 'Buckets'),
  place('/s3/:bucket', s3, 'Bucket'),
  place('*', home, 'Nowhere'),
];

// The page's code is fetched while the frame around it is rendered, not after; where it fails, the page itself tells.
export function loadPage(path: string): void {
  places.find((one) => matchPath(one.path, path))?.load().catch(() => undefined);
}
