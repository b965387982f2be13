// The words of the form in both languages; form-js itself speaks only English.

const zh: Record<string, string> = {
  saved: "已保存 {time}",
  saving: "正在保存…",
  unsaved: "尚未保存",
  save_failed: "没有保存成功，稍后会再试",
  restored: "已恢复您 {time} 保存的草稿。",
  discard: "放弃草稿，重新填写",
  discard_sure: "草稿中的内容会被清除，确定吗？",
  submitting: "正在提交…",
  uploading: "正在上传附件 {n}/{total}…",
  check_fields: "还有 {n} 处需要修改",
  offline: "网络连接失败，没有提交成功。您填写的内容都在，请检查网络后再点一次“{action}”，不会重复提交。",
  expired: "登录已过期。您填写的内容都在：请在新窗口登录，再回到本页点“{action}”。",
  sign_in: "在新窗口登录",
  reference: "编号 {reference}",
  retry: "重试",
  too_big: "附件“{name}”没有上传成功：{message}",
  whole_form: "整张表单",
  broken: "这张表单无法显示。请刷新页面；如果仍然这样，请把编号告诉管理员。",
};

const en: Record<string, string> = {
  saved: "Saved {time}",
  saving: "Saving…",
  unsaved: "Not saved yet",
  save_failed: "Could not save; trying again shortly",
  restored: "Your draft saved at {time} has been restored.",
  discard: "Discard the draft and start over",
  discard_sure: "What you typed in the draft will be cleared. Continue?",
  submitting: "Submitting…",
  uploading: "Uploading file {n} of {total}…",
  check_fields: "{n} thing(s) to correct",
  offline:
    "The network failed and nothing was submitted. Everything you typed is still here: check the connection and press “{action}” again. It will not be submitted twice.",
  expired:
    "You have been signed out. Everything you typed is still here: sign in in a new window, then come back and press “{action}”.",
  sign_in: "Sign in in a new window",
  reference: "Reference {reference}",
  retry: "Try again",
  too_big: "The file “{name}” was not uploaded: {message}",
  whole_form: "The form as a whole",
  broken: "This form cannot be shown. Reload the page; if it stays like this, tell an administrator.",
};

export type Say = (key: string, params?: Record<string, string | number>) => string;

export function isChinese(locale: string): boolean {
  return !locale.toLowerCase().startsWith("en");
}

/** Return the function that says a sentence in the reader's language. */
export function speaker(locale: string): Say {
  const words = isChinese(locale) ? zh : en;
  return (key, params = {}) =>
    (words[key] ?? key).replace(/\{(\w+)\}/g, (_, name: string) => String(params[name] ?? ""));
}

/** Hours and minutes of an ISO date-time in Shanghai, with the day if it is not today. */
export function clockTime(iso: string, locale: string): string {
  const at = new Date(iso);
  const zone = "Asia/Shanghai";
  const day = (date: Date) => date.toLocaleDateString("en-CA", { timeZone: zone });
  const time = at.toLocaleTimeString("en-GB", {
    timeZone: zone,
    hour: "2-digit",
    minute: "2-digit",
  });
  if (day(at) === day(new Date())) return time;
  const shown = at.toLocaleDateString(isChinese(locale) ? "zh-CN" : "en-GB", {
    timeZone: zone,
    month: isChinese(locale) ? "numeric" : "short",
    day: "numeric",
  });
  return `${shown} ${time}`;
}
