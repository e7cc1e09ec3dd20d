// The server under test, and boto3 beside it.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';

const root = new URL('../../', import.meta.url).pathname;

export interface Facts {
  url: string;
  bucket: string;
  hostile: string;
  accessKeyId: string;
  secretAccessKey: string;
}

export class Ground {
  private constructor(
    readonly facts: Facts,
    private readonly process: ChildProcess,
    private readonly lines: AsyncIterator<string>,
    private readonly reader: Interface,
  ) {}

  static async start(): Promise<Ground> {
    const python = process.env.CLARY_TEST_PYTHON ?? 'python3';
    const child = spawn(python, ['-B', `${root}console/e2e/ground.py`], {
      cwd: root,
      env: { ...process.env, PYTHONPATH: `${root}tests/support` },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const reader = createInterface({ input: child.stdout });
    const lines = reader[Symbol.asyncIterator]();
    const first = await lines.next();
    if (first.done) throw new Error('the ground did not come up; what it said stands above');
    return new Ground(JSON.parse(first.value) as Facts, child, lines, reader);
  }

  private async ask(question: unknown): Promise<unknown> {
    this.process.stdin?.write(`${JSON.stringify(question)}\n`);
    const line = await this.lines.next();
    if (line.done) throw new Error('the ground is gone');
    const answer = JSON.parse(line.value) as { result?: unknown; error?: string };
    if (answer.error) throw new Error(answer.error);
    return answer.result;
  }

  // What boto3 says; times are seconds since 1970.
  boto3<Answer>(client: string, operation: string, args: Record<string, unknown> = {}): Promise<Answer> {
    return this.ask({ client, operation, arguments: args }) as Promise<Answer>;
  }

  clary(...words: string[]): Promise<string> {
    return this.ask({ clary: words }) as Promise<string>;
  }

  async link(): Promise<string> {
    return (await this.clary('console')).trim();
  }

  async end(): Promise<void> {
    this.reader.close();
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.stdin?.end();
    await ended;
  }
}
