/**
 * Words by which mails are told apart, in the languages that mail systems ship with. A word alone never makes a mail
 * pass silently: the rules that use these say what else has to be there.
 */

/** Between the marks of a reply, a ticket or a list and the subject itself. */
const lead = String.raw`^\s*(\[[^\]]{1,40}\]\s*)?((re|aw|fwd?|wg|tr|sv|vs|antw)\s*:\s*)*`;

/** Subjects of out-of-office notices and automatic replies. */
export const awaySubject = new RegExp(
  String.raw`${lead}(\[?auto(matic|mated|matically)?[\s-]?(reply|response|answer|respon[sd]er)\]?|auto:\s|out[\s-]of[\s-](the[\s-])?office|ooo\b|(i am|i'm) (currently )?(away|out of|on (leave|vacation|holiday))|away (from (the )?(office|my mail)|until)|on (vacation|holiday|annual leave|parental leave|maternity leave|leave)\b|vacation (reply|response|message|notice)|abwesend|abwesenheit(snotiz|sbenachrichtigung|smeldung)?|automatische? (antwort|antwoord)|auto-antwort|réponse automatique|message d'absence|absence du bureau|absent(e)? du bureau|respuesta automática|respuesta automatica|fuera de (la )?oficina|risposta automatica|fuori (sede|ufficio)|resposta automática|fora do escritório|automatisch antwoord|afwezig|autosvar|automatisk svar|automatiskt svar|ej på kontoret|frånvarande|ikke på kontoret|automaattinen vastaus|poissa toimistosta|\[?automatyczna odpowied[zź]\]?|autoodpowied[zź]|poza biurem|automatická odpověď|automatikus válasz|răspuns automat|otomatik (yanıt|cevap)|自動返信|自動応答|不在通知|自动回复|自動回覆|外出|자동 회신|부재중|автоответ|автоматический ответ|автоматична відповідь|αυτόματη απάντηση|מענה אוטומטי|رد تلقائي)|\bis (currently )?(out of (the )?office|on (vacation|annual leave|leave))\b`,
  'i',
);

/** What a notice says behind those words; anything else goes on as a sentence, and may be a person's. */
export const awayRest = /^\s*([:(\])\-–—.,!]|$|re\b|until\b|till\b|from\b|bis\b|ab\b|\d)/i;

/** How the text of such a notice speaks. */
export const awayText =
  /\b(out of (the )?office|away (from|until|till)|on (vacation|holiday|annual leave|leave|a business trip)|returning|be back|automat(ic|ed|ically)|auto-?(reply|response)|limited access|urlaub|abwesend|nicht im (büro|hause)|vacances|absente?s?\b|congé|vacaciones|oficina|ausente|férias|ausência|ferie\b|assente|ufficio|vakantie|afwezig|semester|kontoret|urlop|nieobec|dovolen|szabads|tatil)|отпуск|відпуст|休暇|不在|休假|假期|휴가|부재/i;

/** Subjects with which mail systems give a mail back or say that it waits. */
export const undeliverableSubject = new RegExp(
  String.raw`${lead}(undeliver(ed|able)\b|undelivered mail|mail (delivery )?(failed|failure|could not|warning)|mail delivery (sub)?system|delivery (status notification|failure|failed|has failed|report|notification|incomplete|delayed|problem|warning)|(mail|message|e-?mail) (delivery )?(status|undeliverable|returned|not delivered|not deliverable|delayed|bounced|blocked|rejected)|message delivery has been delayed|returned (mail|message|to sender|e-?mail)|return(ed)? to sender|failure notice|failed (mail|delivery)|non[\s-]?(delivery|deliverable)|non[\s-]delivered|ndn:|could not (send|deliver) (message|mail)|unable to deliver|warning: (could not send|message .{1,40} delayed)|permanent (delivery )?(failure|error)|delivery error|unzustellbar|nicht zugestellt|nicht zustellbar|unzustellbare|zustellung fehlgeschlagen|notificación de estado|no se puede entregar|no entregado|entrega fallida|error de entrega|non remis|échec de (la )?remise|non distribu|impossible de (distribuer|remettre)|avviso di mancat|mancato recapito|impossibile recapitare|mancata consegna|onbestelbaar|niet bezorgd|não (foi )?entregue|não é possível entregar|falha na entrega|ikke leveret|ikke levert|kan inte levereras|olevererbart|ei voitu toimittaa|niedostarczon|nie dostarczono|nedoručiteln|kézbesíthetetlen|teslim edilemedi|не доставлен|недоставлен|не удалось доставить|complaint about message from|メールエラー|配信不能|配信できません|送信できません|配信エラー|退信|投递失败|無法傳遞|无法传递|未能送达|반송|배달되지|배달 실패)`,
  'i',
);

/** The same anywhere in a subject: some systems write them behind the subject of the mail they give back. */
export const undeliverableWords =
  /\b(undeliver(ed|able)|delivery (has )?(failed|failure)|not delivered|could not be delivered|returned mail|mail delivery|non remis|unzustellbar|no entregado|non distribu)/i;

/** The enhanced status or the words with which mail systems give a mail back. */
export const givenBack =
  /^(final-recipient|original-recipient|diagnostic-code|reporting-mta|action: *(failed|delayed))\b|\b([45][0-9]{2}[ -][45]\.\d{1,3}\.\d{1,3}|(could ?n.t|could not|cannot|unable to|was not|not) be? ?deliver(ed)?\b|undeliver(ed|able)|delivery (has )?failed|delivery of (e-?mail|your message) .{0,80}(postponed|delayed|failed)|permanent (fatal )?(error|failure)|transcript of session follows|user unknown|unknown user|(full mailbox|mailbox (is )?(full|unavailable|over quota))|no such (user|recipient|mailbox)|recipient (address )?rejected|did not reach the following|has been (postponed|delayed) due to)/im;

/** Subjects with which a challenge-response system asks a sender to prove that they are one. */
export const challengeSubject =
  /\b(please confirm (your|the) (message|e-?mail|request|delivery)|confirm(ation)? (required|needed|of your (e-?mail|message))|sender (verification|confirmation|authentication)|verify your (e-?mail to|message to)|(message|e-?mail) (verification|quarantined|awaiting your confirmation)|awaits moderator approval|anti-?spam (verification|challenge)|challenge\/response|boxbe)\b/i;

/** How such a system begins in the body … */
export const heldBack =
  /\byour (e-?mail|message)\b.{0,120}\b(was received|has been (received|held|quarantined)|is being held|awaits|(has )?not (yet )?been delivered)/is;

/** … and what it asks for. */
export const askedToProve =
  /(allowed|approved|white|safe)[ -]?(sender'?s?'? )?list|(prove|confirm|verify) (that )?you|approved beforehand/i;

/** Words of a vulnerability: a mail with one of them is no registration, no question and no notice of a machine. */
export const flaw =
  /vuln[eé]rab|exploit|\bxss\b|cross[- ]site|csrf|ssrf|\bssti\b|\bxxe\b|\bidor\b|\brce\b|\b[lr]fi\b|inject|bypass|cve-\d|cvss|\bpoc\b|proof[- ]of[- ]concept|disclos|leak|takeover|hijack|privilege|escalat|clickjack|redirect|traversal|deseriali|denial[- ]of[- ]service|\bdos\b|\bbug\b|bounty|weakness|unescaped|not escaped|unauthenticated|unauthori[sz]ed|without (a |any )?(password|login|authenti)|session fixation|spoof|insecure|backdoor|malicious|0-?day|zero[- ]day|security (issue|flaw|hole|problem|report|bug|breach)|sicherheitsl(ü|ue)cke|schwachstelle|faille|falla de seguridad|falha de seguran|falla di sicurezza|beveiligingslek|kwetsba|podatność|luk[aę] bezpiecze|zranitelnost|säkerhetshål|sårbar|haavoittuv|güvenlik açığı|уязвимост|вразлив|ευπάθεια|脆弱性|漏洞|취약점|ثغرة/i;

/** The same in a body, where legal footers speak of disclosure, privilege and unauthorised use. */
export const flawInText =
  /vuln[eé]rabilit|\bis vulnerable\b|exploit|\bxss\b|cross[- ]site|csrf|ssrf|\bssti\b|\bxxe\b|\bidor\b|\brce\b|(sql|code|command|script|html|header) injection|cve-\d|cvss|proof[- ]of[- ]concept|(responsible|coordinated) disclosure|account takeover|privilege escalation|clickjack|(path|directory) traversal|open redirect|bug bounty|security (issue|flaw|hole|problem|report|bug|breach)|steps to reproduce|sicherheitsl(ü|ue)cke|schwachstelle|faille de s|falla de seguridad|falha de seguran|falla di sicurezza|beveiligingslek|kwetsbaarheid|podatność|уязвимост|вразливіст|脆弱性|漏洞|취약점|ثغرة/i;
