import { html, raw } from 'hono/html';
import type { Answer, Call } from '../stand-in/server.ts';
import { cooked } from './shapes.ts';
import { type DiscourseState, postsOf, readable, type StoredPost, type StoredTopic } from './state.ts';

type Fragment = ReturnType<typeof html>;

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
label{display:block;margin:.6rem 0}input,textarea,select{font:inherit;width:100%;box-sizing:border-box}textarea{min-height:12rem}
button{font:inherit;padding:.3rem .8rem}article{border-top:1px solid;padding:.6rem 0;overflow-wrap:anywhere}small{opacity:.8}`;

function page(title: string, body: Fragment): Answer {
  const shell = html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${title}</title><style>${raw(style)}</style></head><body><p><small>Stand-in for the forum, local only · <a href="/">topics</a> · <a href="/review">review</a></small></p><h1>${title}</h1>${body}</body></html>`;
  return { status: 200, html: String(shell) };
}

/** What people see of the forum in a browser: topics, the prefilled editor and the moderators' queue. */
export function pages(call: Call, state: DiscourseState): Answer | undefined {
  if (call.method !== 'GET') return undefined;
  if (call.path === '/') return home(state);
  if (call.path === '/new-topic') return editor(call, state);
  if (call.path === '/review') return review(state);
  const [, id] = /^\/t\/(?:[^/]+\/)?(\d+)(?:\/\d+)?$/.exec(call.path) ?? [];
  const topic = id === undefined ? undefined : readable(state, Number(id));
  return topic && topicPage(state, topic);
}

function home(state: DiscourseState): Answer {
  const topics = state.topics.filter(({ deletedAt }) => deletedAt === null);
  return page(
    'Topics',
    html`<ul>${topics.map((topic) => html`<li><a href="/t/${topic.slug}/${topic.id}">${topic.title}</a></li>`)}</ul><p><a href="/new-topic">New topic</a></p>`,
  );
}

/** `/new-topic?title=&body=&category_id=`: a person reads it, may change it, and posts it in their own name. */
function editor(call: Call, state: DiscourseState): Answer {
  const given = (name: string): string => String(call.query[name] ?? '');
  const chosen = given('category_id');
  const options = state.categories.map(
    (each) =>
      html`<option value="${String(each.id)}" ${String(each.id) === chosen ? raw('selected') : ''}>${each.name}</option>`,
  );
  return page(
    'New topic',
    html`<form method="post" action="/_control/topic"><input type="hidden" name="form" value="yes">
<label>Your name on the forum <input name="username" required></label>
<label>Title <input name="title" value="${given('title')}" required></label>
<label>Category <select name="category">${options}</select></label>
<label>Text <textarea name="raw" required>${given('body')}</textarea></label><button>Create the topic</button></form>`,
  );
}

function topicPage(state: DiscourseState, topic: StoredTopic): Answer {
  return page(
    topic.title,
    html`${topic.visible ? '' : html`<p>Unlisted</p>`}${postsOf(state, topic.id).map(article)}
<form method="post" action="/_control/reply"><input type="hidden" name="form" value="yes"><input type="hidden" name="topic" value="${String(topic.id)}">
<label>Your name on the forum <input name="username" required></label><label>Reply <textarea name="raw" required></textarea></label><button>Reply</button></form>`,
  );
}

const article = (post: StoredPost): Fragment => html`<article id="post_${String(post.number)}">
<p><strong>${post.username}</strong> <small>${post.createdAt}${post.version > 1 ? ` edited ${post.updatedAt}` : ''}</small></p>${raw(cooked(post.raw))}
<details><summary>Edit as ${post.username}</summary><form method="post" action="/_control/edit"><input type="hidden" name="form" value="yes"><input type="hidden" name="post" value="${String(post.id)}">
<label>Text <textarea name="raw">${post.raw}</textarea></label><button>Save the post</button></form></details></article>`;

function review(state: DiscourseState): Answer {
  const waiting = state.queue.filter(({ status }) => status === 'pending');
  const act = (id: number, control: string, label: string): Fragment =>
    html`<form method="post" action="/_control/${control}"><input type="hidden" name="id" value="${String(id)}"><input type="hidden" name="back" value="/review"><button>${label}</button></form>`;
  return page(
    'Waiting for a moderator',
    html`${waiting.map(
      (
        each,
      ) => html`<article><h2>${each.title ?? 'Reply'}</h2><p>${each.username}, ${each.at}</p>${raw(cooked(each.raw))}
${act(each.id, 'approve', 'Approve the post')}${act(each.id, 'reject', 'Reject the post')}</article>`,
    )}${waiting.length === 0 ? html`<p>Nothing waits.</p>` : ''}`,
  );
}
