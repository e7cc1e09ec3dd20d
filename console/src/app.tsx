// The frame of every page: navigation, breadcrumbs, messages.
import AppLayout from '@cloudscape-design/components/app-layout';
import BreadcrumbGroup from '@cloudscape-design/components/breadcrumb-group';
import Flashbar from '@cloudscape-design/components/flashbar';
import Input from '@cloudscape-design/components/input';
import SideNavigation from '@cloudscape-design/components/side-navigation';
import type { SideNavigationProps } from '@cloudscape-design/components/side-navigation';
import Spinner from '@cloudscape-design/components/spinner';
import TopNavigation from '@cloudscape-design/components/top-navigation';
import { Suspense, memo, useState } from 'react';
import { Route, Routes, useLocation } from 'react-router-dom';
import type { Crumb } from './parts/frame';
import { FrameContext, useFrameState } from './parts/frame';
import { useGo } from './parts/go';
import { loadPage, places } from './places';
import { sessions } from './session';
import { switchTheme } from './theme';

loadPage(location.pathname.replace(/^\/-\/console/, '') || '/');

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

// Links as the browser sees them, so that they can be copied and opened in a tab.
function under(item: SideNavigationProps.Item): SideNavigationProps.Item {
  if (item.type === 'link') return { ...item, href: `/-/console${item.href}` };
  if (item.type === 'section') return { ...item, items: item.items.map(under) };
  return item;
}

const items = navigation.map(under);

const Header = memo(function Header() {
  const go = useGo();
  const [text, setText] = useState('');
  return (
    <div id="header">
      <TopNavigation
        identity={{
          href: '/-/console/',
          title: 'Clary',
          onFollow: (event) => {
            event.preventDefault();
            go('/');
          },
        }}
        search={
          <form
            role="search"
            onSubmit={(event) => {
              event.preventDefault();
              if (text) go(`/search?${new URLSearchParams({ text })}`);
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
});

type Followed = CustomEvent<{ href?: string; external?: boolean }>;

function useFollow(): (event: Followed) => void {
  const go = useGo();
  return (event) => {
    if (event.detail.external || !event.detail.href) return;
    event.preventDefault();
    go(event.detail.href.replace('/-/console', '') || '/');
  };
}

function Navigation() {
  return <Sections active={`/${useLocation().pathname.split('/')[1] ?? ''}`} />;
}

const Sections = memo(function Sections({ active }: { active: string }) {
  return <SideNavigation activeHref={`/-/console${active}`} items={items} onFollow={useFollow()} />;
});

function Breadcrumbs({ crumbs }: { crumbs: Crumb[] }) {
  return <BreadcrumbGroup ariaLabel="Breadcrumbs" items={crumbs.map((crumb) => ({ text: crumb.text, href: `/-/console${crumb.href}` }))} onFollow={useFollow()} />;
}

const Pages = memo(function Pages() {
  return (
    <Suspense fallback={<Spinner size="large" />}>
      <Routes>
        {places.map(({ path, Page }) => (
          <Route key={path} path={path} element={<Page />} />
        ))}
      </Routes>
    </Suspense>
  );
});

// It does not look at the address itself: sorting a table changes that.
export function App() {
  const { crumbs, messages, frame } = useFrameState();
  const [open, setOpen] = useState(() => matchMedia('(min-width: 900px)').matches);
  return (
    <FrameContext.Provider value={frame}>
      <Header />
      <AppLayout
        headerSelector="#header"
        toolsHide
        navigationOpen={open}
        onNavigationChange={(event) => setOpen(event.detail.open)}
        ariaLabels={{ navigation: 'Navigation', navigationClose: 'Close navigation', navigationToggle: 'Open navigation' }}
        navigation={<Navigation />}
        breadcrumbs={<Breadcrumbs crumbs={crumbs} />}
        notifications={<Flashbar items={messages} />}
        content={<Pages />}
      />
    </FrameContext.Provider>
  );
}
