'use strict';
// Everything here is an aid: the page says all it has to say without it.
{
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  // One spelling for all that sounds alike: łukasz is lukasz, straße is strasse, müller and mueller are muller.
  const fold = (text) => text.replace(/[’‘ʼ`´′]/g, "'").normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
    .replace(/ł/g, 'l').replace(/ı/g, 'i').replace(/đ/g, 'd').replace(/œ/g, 'oe').replace(/ø/g, 'o').replace(/ß/g, 'ss').replace(/æ/g, 'ae').replace(/([aou])e/g, '$1');

  // The command: copied with one click, selected where a browser does not let it be copied.
  for (const button of all('.command button')) {
    button.hidden = false;
    button.addEventListener('click', async () => {
      const command = button.previousElementSibling;
      getSelection().selectAllChildren(command);
      try {
        await navigator.clipboard.writeText(command.textContent);
        button.textContent = button.dataset.copied;
      } catch { /* It is selected: Ctrl+C copies it. */ }
    });
  }

  // A page that nobody rewrites says so from the second day on.
  const written = Date.parse(document.querySelector('header time').dateTime);
  document.getElementById('old').hidden = Date.now() - written < 86_400_000;

  const search = document.querySelector('search');
  if (search) {
    search.hidden = false;
    const form = document.getElementById('filter');
    const told = form.querySelector('[role=status]');
    let entries;
    const opened = new Set();
    const collect = () => all('[data-p]').map((element) => ({
      element,
      text: fold(element.textContent),
      department: element.dataset.p,
      section: element.closest('section').id,
      // Whoever stands in several lists is one person.
      person: element.querySelector('small')?.textContent.split(' ')[0],
      fields: (element.closest('[data-f]')?.dataset.f ?? '').split(' '),
    }));
    const filter = () => {
      const { text, department, kind } = form.elements;
      const words = fold(text.value).split(/\s+/).filter(Boolean);
      const [section, field = null] = kind.value.split(' ');
      const place = department?.value ?? '';
      const active = words.length > 0 || place !== '' || section !== '';
      entries ??= collect();
      const [found, people] = [new Set(), new Set()];
      for (const entry of entries) {
        const shown = (!section || entry.section === section)
          && (field === null || entry.fields.includes(field))
          && (!place || entry.department === place)
          && words.every((word) => entry.text.includes(word));
        entry.element.hidden = !shown;
        if (entry.person) people.add(entry.person);
        if (entry.person && shown) found.add(entry.person);
      }
      const has = (element) => element.querySelector('[data-p]:not([hidden])') !== null;
      for (const fold of all('main details:not(.long)')) {
        const kept = !active || has(fold);
        fold.hidden = !kept;
        if (active && words.length > 0 && kept && !fold.open) {
          fold.open = true;
          opened.add(fold);
        }
        // What a reader unfolded stays so.
        if (!active && opened.delete(fold)) fold.open = false;
      }
      for (const part of all('main > section:not(#summary), main table, main h3')) {
        const about = part.matches('h3') ? siblings(part) : [part];
        part.hidden = active && !about.some(has);
      }
      document.getElementById('filtered').hidden = !active;
      const number = new Intl.NumberFormat(document.documentElement.lang);
      told.textContent = active
        ? search.dataset.found.replace('{found}', number.format(found.size)).replace('{all}', number.format(people.size))
        : '';
    };
    // What a heading stands above.
    const siblings = (heading) => {
      const below = [];
      for (let next = heading.nextElementSibling; next && !next.matches('h3'); next = next.nextElementSibling) below.push(next);
      return below;
    };
    form.addEventListener('input', filter);
    for (const link of all('nav a')) {
      link.addEventListener('click', () => {
        if (document.querySelector(link.hash).hidden) form.reset();
      });
    }
    form.addEventListener('submit', (event) => event.preventDefault());
    form.addEventListener('reset', (event) => {
      event.preventDefault();
      for (const field of form.querySelectorAll('[name]')) field.value = '';
      filter();
    });
  }

  // Tables are sorted by what their heads say, days by the calendar.
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
  const key = (cell) => cell?.querySelector('time')?.dateTime ?? cell?.textContent.trim() ?? '';
  const sort = (head, heads) => {
    const at = heads.indexOf(head);
    const descending = head.ariaSort === 'ascending';
    for (const other of heads) other.removeAttribute('aria-sort');
    head.ariaSort = descending ? 'descending' : 'ascending';
    const body = head.closest('table').tBodies[0];
    const rows = [...body.rows].map((row) => [key(row.cells[at]), row]);
    // What is empty stands last.
    rows.sort(([a], [b]) => (a === '') - (b === '') || collator.compare(a, b) * (descending ? -1 : 1));
    body.append(...rows.map(([, row]) => row));
  };
  for (const table of all('table.people')) {
    const heads = all('thead th', table);
    for (const head of heads) {
      const button = document.createElement('button');
      button.type = 'button';
      button.title = search?.dataset.sort.replace('{column}', head.textContent) ?? '';
      button.ariaLabel = button.title;
      button.addEventListener('click', () => sort(head, heads));
      // Beside the text: no browser prints a button again on the second sheet.
      head.append(' ', button);
    }
  }

  // On paper nothing can be unfolded.
  let folded = [];
  addEventListener('beforeprint', () => {
    folded = all('details:not([open])');
    for (const fold of folded) fold.open = true;
  });
  addEventListener('afterprint', () => {
    for (const fold of folded) fold.open = false;
  });
}
