import type { Finding } from '../../../admin/diagnose/finding.js';
import { Link } from '../../parts/href.js';
import { Marked } from '../../parts/marked.js';

const SIGNS = { ok: '✓', note: 'i', warning: '!', failure: '✗' } as const;
const ORDER = ['failure', 'warning', 'note', 'ok'] as const;

/** Findings of `maestro doctor`, the worst first. */
export function Findings({ findings }: { readonly findings: readonly Finding[] }) {
  const sorted = findings.toSorted((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));
  return (
    <section id="findings" aria-labelledby="findings-heading">
      <h2 id="findings-heading">Health</h2>
      <ul class="findings">
        {sorted.map(({ check, status, found, remedy }) => (
          <li class={status}>
            <span class="sign" role="img" aria-label={status}>
              {SIGNS[status]}
            </span>
            <strong>{check}</strong> <Marked text={found} />
            {remedy !== undefined && (
              <p class="hint">
                <Marked text={remedy} />
              </p>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The place of the findings, some of which take a while: loaded by script, or by its link. */
export function PendingFindings() {
  return (
    <section id="findings" data-load="findings" aria-labelledby="findings-heading">
      <h2 id="findings-heading">Health</h2>
      <p>
        <Link href="/?findings=shown">Check the database</Link>
      </p>
    </section>
  );
}
