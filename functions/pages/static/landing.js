// The landing page's script: finds the token that a mail's link carries in its fragment, where no server and no
// log sees it, and puts it into the form. It sends nothing by itself: a person presses "Open".
const shape = /v1\.[a-z0-9-]{1,32}\.[A-Za-z0-9_-]{1,1400}\.[A-Za-z0-9_-]{43}/;

const decoded = (text) => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const once = decoded(location.href);
const token = [location.href, once, decoded(once)].map((text) => shape.exec(text)?.[0]).find(Boolean);

const found = document.querySelector('#found');
const lost = document.querySelector('#lost');
if (token && found && lost) {
  found.querySelector('[name=token]').value = token;
  found.hidden = false;
  lost.hidden = true;
  // Out of the address bar and the history; a reload asks for the mail's link again.
  history.replaceState(null, '', location.pathname);
}
