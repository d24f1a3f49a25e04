import { formatNumber } from './formats.ts';

const number = (value: string | number | undefined) => formatNumber(Number(value), 'en');

/** `CanariError.values`: what the sentence names. */
export type FailureValues = Readonly<Record<string, string | number>>;
export interface FailureText {
  readonly title: string;
  readonly text: string;
  readonly hint?: string;
}

/** Failures. Whose doing comes first. */
export const enFailures = {
  doing: {
    yours: 'Yours to fix',
    theirs: 'Their doing',
    theirsNamed: (host: string) => `Their doing: ${host}`,
    ours: 'Our doing',
  },
  error: {
    whatNow: 'What now',
    home: 'Back home',
    start: 'To the first page',
    exact: 'The exact words:',
    reference: (reference: string) => `If you write to us about it, say “${reference}”.`,
    again: 'Try again in a moment. Nothing was lost.',
    generic: {
      yours: 'This could not be done',
      theirs: 'Another server did not do its part',
      ours: 'Something went wrong on our side',
    },
    genericText: {
      yours: 'What you asked for does not fit what this place can do.',
      theirs: 'Your place is well, and you did nothing wrong.',
      ours: 'Your words are kept where they were. It has been noted.',
    },
  },
  failures: {
    CANARI_NOT_FOUND: () => ({
      title: 'There is nothing here',
      text: 'The address is wrong, or what was here is gone, or it was written for fewer people.',
    }),
    CANARI_DESTINATION_UNKNOWN: ({ host }) => ({
      title: 'Nothing goes there',
      text: `Nobody at ${host} follows you and nothing waits for it, so there is nothing to pause or send.`,
    }),
    CANARI_DESTINATION_UNCLEAR: () => ({
      title: 'That is no server’s name',
      text: 'A server is named like mastodon.example, without a path.',
    }),
    CANARI_DESTINATION_PAUSED: ({ host }) => ({
      title: 'It is paused',
      text: `Nothing is sent to ${host} until you resume it.`,
    }),
    CANARI_PAUSES_FULL: ({ most }) => ({
      title: 'Too many are paused',
      text: `At most ${number(most)} servers can be paused at a time. Resume one first.`,
    }),
    CANARI_NOT_RUNNING: () => ({
      title: 'Nothing is sent at the moment',
      text: 'This place delivers nothing now; what waits goes when its server runs again.',
    }),
    CANARI_POST_NOT_FOUND: () => ({
      title: 'There is no such post',
      text: 'It was deleted, or it was written for fewer people, or the address is wrong.',
    }),
    CANARI_ACCOUNT_NOT_FOUND: () => ({
      title: 'Nobody of that name is known here',
      text: 'Find them by their whole address, @name@server, and we ask their server.',
    }),
    CANARI_WRONG_METHOD: () => ({
      title: 'This address is used in another way',
      text: 'You may have reloaded the answer to a form. Go back and open the page anew.',
    }),
    CANARI_FORM_FROM_ELSEWHERE: () => ({
      title: 'This form did not come from here',
      text: 'It was sent by another site, or it is older than your last sign-in. Nothing was changed.',
      hint: 'Open the page here and send it again.',
    }),
    CANARI_FORM_EXPECTED: () => ({
      title: 'That was no form',
      text: 'What arrived could not be read as one. Nothing was changed.',
    }),
    CANARI_FORM_UNREADABLE: () => ({
      title: 'This form could not be read',
      text: 'Nothing was changed. Open the page anew and try again.',
    }),
    CANARI_BODY_BROKEN: () => ({
      title: 'The connection broke in the middle',
      text: 'Nothing was changed. Send it again.',
    }),
    CANARI_BODY_ENCODED: () => ({ title: 'That came compressed', text: 'This place takes forms as they are.' }),
    CANARI_BODY_TOO_BIG: () => ({ title: 'That was too much at once', text: 'Nothing was changed. Send less.' }),
    CANARI_POST_EMPTY: () => ({ title: 'A post needs at least one word', text: 'Write something.' }),
    CANARI_POST_TOO_LONG: ({ limit, length }) => ({
      title: 'These are too many words for one post',
      text: `A post has at most ${number(limit)} characters; this one has ${number(length)}.`,
    }),
    CANARI_LANGUAGE_UNKNOWN: () => ({ title: 'That is no language that we know', text: 'Choose one from the list.' }),
    CANARI_AUDIENCE_UNKNOWN: () => ({ title: 'For whom?', text: 'Choose who may see it from the list.' }),
    CANARI_REACH_UNKNOWN: () => ({
      title: 'Tell whom?',
      text: 'The conversation, then your followers gently, or all of them now.',
    }),
    CANARI_BOOST_PRIVATE: () => ({
      title: 'This post cannot be boosted',
      text: 'It was written for fewer people than a boost would show it to.',
    }),
    CANARI_BLOCKED: () => ({
      title: 'One of you has blocked the other',
      text: 'So neither can follow. If it was you, unblock them first.',
    }),
    CANARI_ONESELF: () => ({ title: 'That is you', text: 'One cannot do that to oneself.' }),
    CANARI_NOT_FEDERATING: () => ({
      title: 'This place does not federate yet',
      text: 'It has no domain, so it can neither ask others nor be asked.',
      hint: 'The page “About” says how to give it one.',
    }),
    CANARI_PROFILE_TOO_LONG: ({ most }) => ({
      title: 'That does not fit on your page',
      text: `At most ${number(most)} characters there.`,
    }),
    CANARI_HANDLE_INVALID: () => ({
      title: 'That cannot be a name in an address',
      text: 'It has 1 to 30 letters without accents, digits or underscores.',
    }),
    CANARI_HANDLE_RESERVED: ({ handle }) => ({
      title: `“${handle}” is kept for the place itself`,
      text: 'Choose another name.',
    }),
    CANARI_HANDLE_TAKEN: ({ handle }) => ({ title: `@${handle} is taken here`, text: 'Choose another name.' }),
    CANARI_PASSPHRASE_WEAK: ({ least }) => ({
      title: 'This passphrase is too easy',
      text: `At least ${number(least)} characters, and not one repeated. Four or five words that do not belong together are easy to keep and hard to guess.`,
    }),
    CANARI_PASSPHRASE_LONG: ({ most }) => ({
      title: 'This passphrase is too long',
      text: `At most ${number(most)} characters.`,
    }),
    CANARI_PLACE_FULL: () => ({
      title: 'This place is full',
      text: 'A place stays small by design. Start another one on a domain of its own.',
    }),
    CANARI_SIGN_IN_WRONG: () => ({
      title: 'Name and passphrase do not belong together',
      text: 'Capital letters count.',
    }),
    CANARI_CODE_WRONG: () => ({
      title: 'That code opens nothing',
      text: 'Name and code do not belong together, or the code was used before.',
    }),
    CANARI_APP_REQUEST: ({ error }) => ({
      title: 'This app asked in a way that cannot be answered',
      text: `Go back to the app and sign in again; if it stays so, the app is at fault (${error}).`,
    }),
    CANARI_APP_STATE: () => ({
      title: 'This app asked in a way that cannot be answered',
      text: 'It sent far too much along. Its authors would like to know.',
    }),
    CANARI_DOOR_BUSY: () => ({
      title: 'Too many people knock at once',
      text: 'Somebody may be trying names and passphrases here. Your own still opens the door.',
      hint: 'Try again in a minute.',
    }),
    CANARI_OUT_OF_ROOM: () => ({
      title: 'We are out of room for a moment',
      text: 'The disk of this machine is full. What was here stays, and can be read; nothing new can be kept until there is room.',
      hint: 'Send it again in a while. Whoever runs the machine has been told in the log.',
    }),
  } as Record<string, (values: FailureValues) => FailureText>,
  remote: {
    'not-federating': (_host: string) => ({
      title: 'This place does not federate yet',
      text: 'It has no domain, so it can neither ask others nor be asked.',
      hint: 'Give it a domain: the page “About” says how.',
    }),
    'bad-handle': (_host: string) => ({
      title: 'That is no address we can read',
      text: 'An address in the Fediverse looks like @name@server.example.',
      hint: 'Check for a missing part, then try again.',
    }),
    'not-found': (host: string) => ({
      title: `${host} does not know that`,
      text: 'We asked, and there is nobody and nothing of that name.',
      hint: 'Check the spelling; upper and lower case do not matter.',
    }),
    gone: (host: string) => ({
      title: `${host} says that it is gone`,
      text: 'It was there once and has been deleted.',
      hint: 'Nothing to do.',
    }),
    unreachable: (host: string) => ({
      title: `${host} did not answer`,
      text: 'Your place is well, and you did nothing wrong.',
      hint: 'Try again later. If it goes on, ask the person whether their server still lives.',
    }),
    'too-slow': (host: string) => ({
      title: `${host} took too long`,
      text: 'We waited for 15 seconds and then hung up, so that nothing else has to wait.',
      hint: 'Try again in a while.',
    }),
    refused: (host: string) => ({
      title: `${host} does not want to talk to us`,
      text: 'It answered, and the answer was no. It may have blocked this place, or asks for something that we do not offer.',
      hint: 'Nothing to do here; their people may know more.',
    }),
    unreadable: (host: string) => ({
      title: `${host} answered something that we cannot read`,
      text: 'What came is neither a person nor a post of the Fediverse.',
      hint: 'Check that the link is that of a profile or a post.',
    }),
    'budget-spent': (host: string) => ({
      title: `${host} led us too far`,
      text: 'Its answer pointed to so many other documents that we stopped.',
      hint: 'Try again with the link of a single post.',
    }),
  },
};
