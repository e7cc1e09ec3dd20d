// The frame of every page: navigation, breadcrumbs, messages; and which address is which page.
import AppLayout from '@cloudscape-design/components/app-layout';
import BreadcrumbGroup from '@cloudscape-design/components/breadcrumb-group';
import Flashbar from '@cloudscape-design/components/flashbar';
import Input from '@cloudscape-design/components/input';
import SideNavigation from '@cloudscape-design/components/side-navigation';
import type { SideNavigationProps } from '@cloudscape-design/components/side-navigation';
import Spinner from '@cloudscape-design/components/spinner';
import TopNavigation from '@cloudscape-design/components/top-navigation';
import { Suspense, lazy, useState } from 'react';
import { Route, Routes, useLocation, useNavigate } from 'react-router-dom';
import { FrameContext, useFrameState } from './parts/frame';
import { sessions } from './session';
import { switchTheme } from './theme';

// One chunk a page: the first load stays small.
const page = <Name extends string>(load: () => Promise<Record<Name, React.ComponentType>>, name: Name) => lazy(async () => ({ default: (await load())[name] }));
const Home = page(() => import('./pages/home'), 'Home');
const Experiments = page(() => import('./pages/experiments'), 'Experiments');
const Trials = page(() => import('./pages/experiments'), 'Trials');
const Components = page(() => import('./pages/experiments'), 'Components');
const TrialComponent = page(() => import('./pages/trial_component'), 'TrialComponent');
const Compare = page(() => import('./pages/compare'), 'Compare');
const TrainingJobs = page(() => import('./pages/training_jobs'), 'TrainingJobs');
const TrainingJob = page(() => import('./pages/training_jobs'), 'TrainingJob');
const ProcessingJobs = page(() => import('./pages/processing_jobs'), 'ProcessingJobs');
const ProcessingJob = page(() => import('./pages/processing_jobs'), 'ProcessingJob');
const TransformJobs = page(() => import('./pages/transform_jobs'), 'TransformJobs');
const TransformJob = page(() => import('./pages/transform_jobs'), 'TransformJob');
const Models = page(() => import('./pages/models'), 'Models');
const Model = page(() => import('./pages/models'), 'Model');
const Endpoints = page(() => import('./pages/endpoints'), 'Endpoints');
const Endpoint = page(() => import('./pages/endpoints'), 'Endpoint');
const EndpointConfigs = page(() => import('./pages/endpoint_configs'), 'EndpointConfigs');
const EndpointConfig = page(() => import('./pages/endpoint_configs'), 'EndpointConfig');
const Lineage = page(() => import('./pages/lineage'), 'Lineage');
const Search = page(() => import('./pages/search'), 'Search');
const LogGroups = page(() => import('./pages/logs'), 'LogGroups');
const LogGroup = page(() => import('./pages/logs'), 'LogGroup');
const Buckets = page(() => import('./pages/s3'), 'Buckets');
const Bucket = page(() => import('./pages/s3'), 'Bucket');
const Nowhere = page(() => import('./pages/home'), 'Nowhere');

const navigation: SideNavigationProps.Item[] = [
  { type: 'link', text: 'Home', href: '/' },
  { type: 'link', text: 'Search', href: '/search' },
  {
    type: 'section',
    text: 'Experiments',
    items: [
      { type: 'link', text: 'Experiments', href: '/experiments' },
      { type: 'link', text: 'Trial component list', href: '/compare' },
      { type: 'link', text: 'Unassigned trial components', href: '/unassigned' },
    ],
  },
  {
    type: 'section',
    text: 'Jobs',
    items: [
      { type: 'link', text: 'Training jobs', href: '/training-jobs' },
      { type: 'link', text: 'Processing jobs', href: '/processing-jobs' },
      { type: 'link', text: 'Batch transform jobs', href: '/transform-jobs' },
    ],
  },
  {
    type: 'section',
    text: 'Inference',
    items: [
      { type: 'link', text: 'Models', href: '/models' },
      { type: 'link', text: 'Endpoint configurations', href: '/endpoint-configs' },
      { type: 'link', text: 'Endpoints', href: '/endpoints' },
    ],
  },
  {
    type: 'section',
    text: 'Data',
    items: [
      { type: 'link', text: 'S3', href: '/s3' },
      { type: 'link', text: 'Logs', href: '/logs' },
      { type: 'link', text: 'Lineage', href: '/lineage' },
    ],
  },
];

function Header() {
  const navigate = useNavigate();
  const [text, setText] = useState('');
  return (
    <div id="header">
      <TopNavigation
        identity={{
          href: '/-/console/',
          title: 'Clary',
          onFollow: (event) => {
            event.preventDefault();
            navigate('/');
          },
        }}
        search={
          <form
            role="search"
            onSubmit={(event) => {
              event.preventDefault();
              if (text) navigate(`/search?${new URLSearchParams({ text })}`);
            }}
          >
            <Input type="search" ariaLabel="Search everything" placeholder="Search everything" clearAriaLabel="Clear" value={text} onChange={(event) => setText(event.detail.value)} />
          </form>
        }
        utilities={[
          { type: 'button', text: 'Light / dark', onClick: switchTheme },
          { type: 'button', text: 'Log out', onClick: () => sessions.signOut() },
        ]}
      />
    </div>
  );
}

export function App() {
  const navigate = useNavigate();
  const location = useLocation();
  const frame = useFrameState();
  const [open, setOpen] = useState(() => matchMedia('(min-width: 900px)').matches);
  const follow = (event: CustomEvent<{ href?: string; external?: boolean }>) => {
    if (event.detail.external || !event.detail.href) return;
    event.preventDefault();
    navigate(event.detail.href.replace('/-/console', '') || '/');
  };
  const section = `/${location.pathname.split('/')[1] ?? ''}`;
  return (
    <FrameContext.Provider value={frame}>
      <Header />
      <AppLayout
        headerSelector="#header"
        toolsHide
        navigationOpen={open}
        onNavigationChange={(event) => setOpen(event.detail.open)}
        ariaLabels={{ navigation: 'Navigation', navigationClose: 'Close navigation', navigationToggle: 'Open navigation' }}
        navigation={
          <SideNavigation
            activeHref={`/-/console${section}`}
            items={navigation.map(under)}
            onFollow={follow}
          />
        }
        breadcrumbs={
          <BreadcrumbGroup
            ariaLabel="Breadcrumbs"
            items={frame.crumbs.map((crumb) => ({ text: crumb.text, href: `/-/console${crumb.href}` }))}
            onFollow={follow}
          />
        }
        notifications={<Flashbar items={frame.messages} />}
        content={
          <Suspense fallback={<Spinner size="large" />}>
            <Routes>
              <Route path="/" element={<Home />} />
              <Route path="/experiments" element={<Experiments />} />
              <Route path="/experiments/:experiment" element={<Trials />} />
              <Route path="/experiments/:experiment/:trial" element={<Components />} />
              <Route path="/unassigned" element={<Components />} />
              <Route path="/trial-components/:name" element={<TrialComponent />} />
              <Route path="/compare" element={<Compare />} />
              <Route path="/training-jobs" element={<TrainingJobs />} />
              <Route path="/training-jobs/:name" element={<TrainingJob />} />
              <Route path="/processing-jobs" element={<ProcessingJobs />} />
              <Route path="/processing-jobs/:name" element={<ProcessingJob />} />
              <Route path="/transform-jobs" element={<TransformJobs />} />
              <Route path="/transform-jobs/:name" element={<TransformJob />} />
              <Route path="/models" element={<Models />} />
              <Route path="/models/:name" element={<Model />} />
              <Route path="/endpoints" element={<Endpoints />} />
              <Route path="/endpoints/:name" element={<Endpoint />} />
              <Route path="/endpoint-configs" element={<EndpointConfigs />} />
              <Route path="/endpoint-configs/:name" element={<EndpointConfig />} />
              <Route path="/lineage" element={<Lineage />} />
              <Route path="/search" element={<Search />} />
              <Route path="/logs" element={<LogGroups />} />
              <Route path="/logs/:group" element={<LogGroup />} />
              <Route path="/s3" element={<Buckets />} />
              <Route path="/s3/:bucket" element={<Bucket />} />
              <Route path="*" element={<Nowhere />} />
            </Routes>
          </Suspense>
        }
      />
    </FrameContext.Provider>
  );
}

// Links as the browser sees them, so that they can be copied and opened in a tab.
function under(item: SideNavigationProps.Item): SideNavigationProps.Item {
  if (item.type === 'link') return { ...item, href: `/-/console${item.href}` };
  if (item.type === 'section') return { ...item, items: item.items.map(under) };
  return item;
}
