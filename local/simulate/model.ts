import { Temporal } from 'temporal-polyfill';
import type { Frequency, Happening, Plan, Rating } from './plan.ts';

/*
 * What ought to have been mailed in a planned year: policy.md's readings of OEP-60 R8–R10, word by word, over plain
 * arrays and with no thought for cost. It is the yardstick for the desk, so it shares no code with it: local time
 * comes from Temporal, and every sweep looks at every entry.
 */

/** One mail, as far as the policy says what it is. Lists are sorted, so that equal mails are equal texts. */
export interface Mail {
  /** To one person. */
  readonly to: string;
  readonly what: string;
  /** The sending instant of a reminder; the instant that calls for any other mail. */
  readonly instant: number;
  readonly about: string;
}

const minute = 60_000;
const day = 24 * 60 * minute;
const sweepInterval = 15 * minute;

/** "7 calendar days; 1, 3, 6 calendar months; same local time in the desk's time zone; the day clamped …" */
const periods: Readonly<Record<Frequency, Temporal.DurationLike>> = {
  weekly: { days: 7 },
  monthly: { months: 1 },
  quarterly: { months: 3 },
  'half-yearly': { months: 6 },
};

/** "Critical weekly, High monthly, Medium quarterly, Low twice a year." */
const frequencyOfRating: Readonly<Record<Exclude<Rating, 'none'>, Frequency>> = {
  critical: 'weekly',
  high: 'monthly',
  medium: 'quarterly',
  low: 'half-yearly',
};

interface Entry {
  readonly disclosure: string;
  readonly repository: string;
  rating: Rating;
  frequency: Frequency | undefined;
  maintainer: string | undefined;
  /** The clock runs while it is notified and not resolved. */
  runs: boolean;
  due: number;
  lastReminderOrNotification: number;
  /** Sending instants of reminders to this maintainer, each with what followed. */
  reminders: { readonly sent: number; answered: boolean }[];
}

interface Shift {
  member: string;
  start: number;
  end: number;
}

interface Postponed {
  readonly batchDue: number;
  readonly until: number;
}

interface Acknowledged {
  readonly handover: number;
  readonly member: string;
}

/** Everything that the year has brought up to an instant, and the mails so far. */
class World {
  readonly #plan: Plan;
  readonly mails: Mail[] = [];
  readonly entries: Entry[] = [];
  readonly postponed = new Map<string, Postponed>();
  readonly acknowledged: Acknowledged[] = [];
  readonly caps: { disclosure: string; triaged: number; over: boolean; told: number }[] = [];
  readonly sweepStarts: number[] = [];
  readonly toldNobody = new Set<string>();
  shifts: Shift[];
  members: string[];
  #rotaDoneUntil: number;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.shifts = plan.shifts.map((shift) => ({ ...shift }));
    this.members = [...plan.members];
    this.#rotaDoneUntil = plan.start - 1;
  }

  #later(at: number, frequency: Frequency): number {
    // Temporal's 'compatible': a local time that does not exist moves forward by the gap, one that comes twice is the first.
    const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(this.#plan.zone);
    return local.add(periods[frequency]).epochMilliseconds;
  }
  #dateOf(at: number): string {
    return Temporal.Instant.fromEpochMilliseconds(at)
      .toZonedDateTimeISO(this.#plan.zone)
      .toPlainDate()
      .toString();
  }
  #peopleOf(maintainer: string): readonly string[] {
    return this.#plan.maintainers.find(({ id }) => id === maintainer)?.people ?? [];
  }
  #tellGroup(what: string, instant: number, about: string): void {
    for (const to of this.members) this.mails.push({ to, what, instant, about });
  }
  #entry(disclosure: string, repository: string): Entry {
    const found = this.entries.find(
      (entry) => entry.disclosure === disclosure && entry.repository === repository,
    );
    if (!found) throw new RangeError(`${disclosure} has no ${repository}`);
    return found;
  }

  /** "e = end of the shift that covers s (shifts are [start, end); of several the earliest end)". */
  covering(at: number): Shift | undefined {
    return this.shifts
      .filter(({ start, end }) => start <= at && at < end)
      .sort((a, b) => a.end - b.end || (a.start < b.start ? -1 : 1))[0];
  }

  happen(happening: Happening): void {
    this.#bring(happening);
    // A batch without entries is none, and is not postponed any more.
    for (const key of this.postponed.keys()) if (this.#group(key).length === 0) this.postponed.delete(key);
  }

  #bring(happening: Happening): void {
    const { at } = happening;
    switch (happening.what) {
      case 'received':
        return;
      case 'triaged':
        this.caps.push({ disclosure: happening.disclosure, triaged: at, over: false, told: 0 });
        for (const repository of happening.repositories)
          this.entries.push({
            disclosure: happening.disclosure,
            repository,
            rating: happening.rating,
            frequency: undefined,
            maintainer: undefined,
            runs: false,
            due: 0,
            lastReminderOrNotification: 0,
            reminders: [],
          });
        return;
      case 'notified': {
        // "First due = commit of the maintainer notification + period"; "Reassignment starts the clock anew".
        const entry = this.#entry(happening.disclosure, happening.repository);
        if (entry.rating !== 'none') entry.frequency = frequencyOfRating[entry.rating];
        entry.frequency ??= 'half-yearly';
        entry.maintainer = happening.maintainer;
        entry.runs = true;
        entry.lastReminderOrNotification = at;
        entry.due = this.#later(at, entry.frequency);
        entry.reminders = [];
        return;
      }
      case 'adjudicated':
      case 'seen-on-github': {
        const entry = this.#entry(happening.disclosure, happening.repository);
        entry.rating = happening.rating;
        // "Score 0.0: until closed, reminders run at the frequency it had before, Low if none."
        if (happening.rating !== 'none') entry.frequency = frequencyOfRating[happening.rating];
        entry.frequency ??= 'half-yearly';
        // "due = last reminder (or notification) + the new period, but not before the change."
        entry.due = Math.max(this.#later(entry.lastReminderOrNotification, entry.frequency), at);
        if (happening.what === 'adjudicated') this.#answered(entry);
        return;
      }
      case 'answered':
        this.#answered(this.#entry(happening.disclosure, happening.repository));
        return;
      case 'reassigned':
        this.#entry(happening.disclosure, happening.repository).runs = false;
        return;
      case 'closed':
      case 'published':
        this.#resolved(happening);
        return;
      // "Deferral does not stop reminders."
      case 'deferred':
        return;
      case 'postponed':
        this.#postpone(happening);
        return;
      case 'swapped':
        this.#swapped(happening);
        return;
      case 'left':
        this.#left(happening.member, at);
        return;
      case 'acknowledged':
        this.acknowledged.push(happening);
    }
  }

  /** "Silence = no act by link and no mail on that entry since." */
  #answered(entry: Entry): void {
    const last = entry.reminders.at(-1);
    if (last) last.answered = true;
  }

  /** "Resolution of a repository entry → its advisory published, or the entry closed with a reason." */
  #resolved({ what, disclosure, repository }: Extract<Happening, { what: 'closed' | 'published' }>): void {
    this.#entry(disclosure, repository).runs = false;
    const cap = this.caps.find((each) => each.disclosure === disclosure);
    if (!cap) return;
    (this.#closedOf.get(disclosure) ?? this.#closedOf.set(disclosure, new Set()).get(disclosure))?.add(
      what === 'closed' ? repository : '',
    );
    const own = this.entries.filter((entry) => entry.disclosure === disclosure);
    // A published advisory makes the flaw public, which ends the embargo; the last closed entry ends the disclosure.
    if (what === 'published' || own.every((entry) => this.#closedOf.get(disclosure)?.has(entry.repository)))
      cap.over = true;
  }
  readonly #closedOf = new Map<string, Set<string>>();

  /** "Once per batch, with a reason, to ≤7 days and ≤half a period after its due instant." By whoever is on duty. */
  #postpone({ at, maintainer, frequency, days }: Extract<Happening, { what: 'postponed' }>): void {
    const key = `${maintainer} ${frequency}`;
    const batchDue = Math.min(...this.#group(key).map(({ due }) => due));
    if (batchDue === Number.POSITIVE_INFINITY) return;
    if (this.#postponement(key) !== undefined) return;
    const until = batchDue + days * day;
    const half = (this.#later(batchDue, frequency) - batchDue) / 2;
    if (until > batchDue + 7 * day || until > batchDue + half || until <= at) return;
    this.postponed.set(key, { batchDue, until });
  }

  #swapped({ at, shift: nth, to }: Extract<Happening, { what: 'swapped' }>): void {
    const given = this.#plan.shifts[nth];
    const shift = this.shifts.find(({ start, member }) => start === given?.start && member === given.member);
    if (!shift) return;
    this.shifts.push({ member: to, start: at, end: shift.end });
    shift.end = at;
  }

  /** Whoever has left is on duty no more: "everyone is told" where that leaves nobody. */
  #left(member: string, at: number): void {
    const was = this.covering(at);
    this.members = this.members.filter((each) => each !== member);
    this.shifts = this.shifts.filter((shift) => shift.member !== member);
    if (was && !this.covering(at)) this.#tellGroup('nobody-on-duty', at, '');
  }

  #group(key: string): Entry[] {
    return this.entries.filter((entry) => entry.runs && `${entry.maintainer} ${entry.frequency}` === key);
  }

  /** The postponed instant of the group's next batch; an entry due before the postponed batch is another batch. */
  #postponement(key: string): number | undefined {
    const due = Math.min(...this.#group(key).map((entry) => entry.due));
    const held = this.postponed.get(key);
    return held && held.batchDue <= due && due < held.until ? held.until : undefined;
  }

  sweep(now: number): void {
    this.sweepStarts.push(now);
    this.#passRota(now);
    const due = this.entries.filter((entry) => entry.runs && entry.due <= now);
    for (const key of new Set(due.map((entry) => `${entry.maintainer} ${entry.frequency}`)))
      while (this.#sendBatch(key, now));
    this.#askAboutEmbargoes(now);
  }

  /** One mail per (maintainer, frequency, due instant); false where nothing is due. */
  #sendBatch(key: string, now: number): boolean {
    const group = this.#group(key);
    const earliest = Math.min(...group.map((entry) => entry.due));
    const due = this.#postponement(key) ?? earliest;
    if (due > now) return false;
    // "s is its earliest due instant if the first sweep after it starts within one sweep interval, else the start
    // of the sweep that sends."
    const first = this.sweepStarts.find((start) => start >= due) ?? now;
    const s = first - due <= sweepInterval ? due : now;
    const frequency = key.split(' ')[1] as Frequency;
    const maintainer = key.split(' ')[0] as string;
    const next = this.#later(s, frequency);
    const shift = this.covering(s);
    const reach = Math.min(shift?.end ?? s + 7 * day, s + (next - s) / 2);
    const taken = group.filter((entry) => entry.due <= s || entry.due < reach);
    if (!shift) this.#tellNobody(s, now);
    const lines = taken.map(({ disclosure, repository }) => `${disclosure} ${repository}`).sort();
    const people = this.#peopleOf(maintainer);
    for (const to of people.length > 0 ? people : this.members)
      this.mails.push({
        to,
        what: `reminder ${frequency}`,
        instant: s,
        about: `${lines.join(', ')}; on duty ${shift?.member ?? 'nobody'}`,
      });
    this.#tellSilence(taken, frequency, s);
    for (const entry of taken) {
      entry.due = next;
      entry.lastReminderOrNotification = s;
      entry.reminders.push({ sent: s, answered: false });
    }
    const held = this.postponed.get(key);
    if (held && held.batchDue <= s) this.postponed.delete(key);
    return true;
  }

  /** "When a reminder goes out and the previous two (Critical: one) met silence, the working group is told with it." */
  #tellSilence(taken: readonly Entry[], frequency: Frequency, s: number): void {
    const previous = frequency === 'weekly' ? 1 : 2;
    const silent = taken.filter(({ reminders }) => {
      const last = reminders.slice(-previous);
      return last.length === previous && last.every(({ answered }) => !answered);
    });
    for (const disclosure of new Set(silent.map((entry) => entry.disclosure))) {
      const repositories = silent.filter((entry) => entry.disclosure === disclosure);
      this.#tellGroup(
        'maintainer-silent',
        s,
        `${disclosure} ${repositories
          .map(({ repository }) => repository)
          .sort()
          .join(', ')}`,
      );
    }
  }

  /** "No one on duty → everyone is told": on the day a gap begins, and on each day something goes out in it. */
  #tellNobody(s: number, now: number): void {
    const date = this.#dateOf(s);
    if (this.toldNobody.has(date)) return;
    this.toldNobody.add(date);
    this.#tellGroup('nobody-on-duty', now, '');
  }

  /** A2: asked 14 days before the cap of 90 days from triage, and at it. */
  #askAboutEmbargoes(now: number): void {
    for (const cap of this.caps) {
      const deadlines = [cap.triaged + 76 * day, cap.triaged + 90 * day];
      for (; !cap.over && cap.told < 2 && (deadlines[cap.told] as number) <= now; cap.told += 1)
        this.#tellGroup(cap.told === 0 ? 'embargo-cap-near' : 'embargo-cap-reached', now, cap.disclosure);
    }
  }

  /** Shifts that begin and end, gaps that begin, handovers that nobody acknowledged for 24 hours. */
  #passRota(now: number): void {
    const edges = [...new Set(this.shifts.flatMap(({ start, end }) => [start, end]))];
    const turns = edges
      .map((at) => ({ at, outgoing: this.covering(at - 1)?.member, incoming: this.covering(at)?.member }))
      .filter(({ outgoing, incoming }) => outgoing !== incoming);
    const calls = turns.flatMap((turn) => [
      { at: turn.at, turn, alert: false },
      ...(turn.incoming ? [{ at: turn.at + day, turn, alert: true }] : []),
    ]);
    for (const { at, turn, alert } of calls.sort((a, b) => a.at - b.at)) {
      if (at <= this.#rotaDoneUntil || at > now) continue;
      if (alert) {
        const said = this.acknowledged.some(
          ({ handover, member }) => handover === turn.at && member === turn.incoming,
        );
        if (!said) this.#tellGroup('handover-unacknowledged', turn.at, turn.incoming ?? '');
        continue;
      }
      if (turn.outgoing) this.mails.push({ to: turn.outgoing, what: 'shift-brief', instant: at, about: '' });
      const begins = this.covering(at);
      if (begins && begins.end > now)
        this.mails.push({ to: begins.member, what: 'shift-begins', instant: at, about: '' });
      if (!begins) this.#tellGroup('nobody-on-duty', now, '');
    }
    this.#rotaDoneUntil = now;
  }
}

/** Starts of sweeps in the year: every 15 minutes, but for the outage. Repeated ones count once. */
export function sweepsOf({ start, end, outage }: Plan): number[] {
  const starts: number[] = [];
  for (let at = start; at < end; at += sweepInterval)
    if (at < outage.from || at >= outage.to) starts.push(at);
  return starts;
}

/** All mails of the year, by policy. */
export function expectedMails(plan: Plan): Mail[] {
  const world = new World(plan);
  const happenings = plan.happenings.toSorted((a, b) => a.at - b.at);
  let next = 0;
  for (const now of sweepsOf(plan)) {
    for (let each = happenings[next]; each && each.at <= now; each = happenings[next]) {
      world.happen(each);
      next += 1;
    }
    world.sweep(now);
  }
  return world.mails;
}
