import '@cloudscape-design/global-styles/index.css';
import './console.css';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router-dom';
import { App } from './app';
import { ApiError } from './api_error';
import { Gate } from './pages/sign_in';
import { GoProvider } from './parts/go';
import { followTheme } from './theme';

followTheme();

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2000,
      // What the server refused it will refuse again.
      retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status > 0 && error.status < 500),
    },
  },
});

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <BrowserRouter basename="/-/console">
        <GoProvider>
          <Gate>
            <App />
          </Gate>
        </GoProvider>
      </BrowserRouter>
    </QueryClientProvider>
  </StrictMode>,
);
