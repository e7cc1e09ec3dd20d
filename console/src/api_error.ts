// What the server said, in its own words.
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
    readonly requestId: string,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

// The three forms in which AWS services tell what is wrong: JSON, XML, nothing.
export function readError(status: number, body: string, requestId: string): ApiError {
  try {
    const json = JSON.parse(body) as Record<string, unknown>;
    const code = String(json.__type ?? json.code ?? 'Error').split('#').pop() ?? 'Error';
    return new ApiError(code, String(json.message ?? json.Message ?? code), status, requestId);
  } catch {
    const within = (tag: string) => new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(body)?.[1]?.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&apos;/g, "'").replace(/&amp;/g, '&');
    const code = within('Code') ?? `HTTP ${status}`;
    return new ApiError(code, within('Message') ?? code, status, requestId);
  }
}
