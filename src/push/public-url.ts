/**
 * Is this a URL that a node may have the edge call? Web Push endpoints and webhooks are URLs that anyone with a key may
 * name; without this the edge would call its own machine and its neighbours for them. What a public name resolves to is
 * not known here: that the network behind `fetch` leads to public addresses only is for the platform to hold.
 */
import ipaddr from "ipaddr.js";

/** The URL as the parser writes it, or what it must be: the rest of a sentence that begins with what it is for. */
export type UrlVerdict = { href: string } | { problem: string };

/** In characters, as given and as written by the parser, which escapes. Endpoints of push services are below 1,000. */
export const MAX_URL_CHARS = 2_048;

/** Names that no public server has (the IANA's registry of special-use domain names, and ICANN's "internal"). */
const SPECIAL =
  /(^|\.)(localhost|local|internal|invalid|test|example|onion|alt|arpa|localdomain|lan|home|corp|intranet|private)$/;

/**
 * https, without user info, at a name with at least two labels that could be public or an address that is;
 * `allowPrivate`: http or https, anywhere. For local development. Fragments are dropped.
 */
export function judgeUrl(text: string, allowPrivate: boolean): UrlVerdict {
  const must = (requirement: string) => ({ problem: `must be ${requirement}` });
  if (text.length > MAX_URL_CHARS) return must(`at most ${MAX_URL_CHARS} characters long`);
  const url = URL.parse(text);
  const schemes = allowPrivate ? ["https:", "http:"] : ["https:"];
  if (url === null || !schemes.includes(url.protocol))
    return must(`an ${allowPrivate ? "http or https" : "https"} URL`);
  if (url.username !== "" || url.password !== "") return must("a URL without user or password");
  if (!allowPrivate && !isPublicHost(url.hostname)) return must("at a public host: a full name, or a public address");
  url.hash = "";
  return url.href.length > MAX_URL_CHARS ? must(`at most ${MAX_URL_CHARS} characters long`) : { href: url.href };
}

/** `hostname` as the URL parser gives it: in lower case, in Punycode, every spelling of an IPv4 address made the same. */
function isPublicHost(hostname: string): boolean {
  const isV6 = hostname.startsWith("[");
  const address = isV6 ? hostname.slice(1, -1) : hostname;
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return ipaddr.parse(address).range() === "unicast";
  if (isV6) return isPublicV6(address);
  // With a dot at its end a name is another one to most comparisons, and the same to DNS.
  return hostname.includes(".") && !hostname.endsWith(".") && !SPECIAL.test(hostname);
}

/** The library takes for unicast what nobody has assigned, as the old ::127.0.0.1: what is public is in 2000::/3. */
function isPublicV6(address: string): boolean {
  const parsed = ipaddr.IPv6.parse(address);
  return parsed.range() === "unicast" && (parsed.parts[0] ?? 0) >> 13 === 1;
}
