// @ts-check
/** New elements. */

/**
 * A new element with classes that are parts, too.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} part
 * @param {...(Node | string)} content
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, part, ...content) {
  const element = document.createElement(tag);
  if (part) {
    element.className = part;
    element.setAttribute("part", part);
  }
  element.append(...content);
  return element;
}

/**
 * A picture that goes away where it cannot be had: then what is behind it shows.
 * @param {string} src
 * @param {string} alt
 * @param {number} height
 */
export function picture(src, alt, height) {
  const image = new Image();
  image.alt = alt;
  image.height = height;
  image.decoding = "async";
  image.referrerPolicy = "no-referrer";
  image.addEventListener("error", () => image.remove());
  image.src = src;
  return image;
}

/**
 * A form that is not shown, with *fields*.
 * @param {string} action
 * @param {Record<string, string>} fields
 */
export function hiddenForm(action, fields) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = action;
  form.target = "_top";
  for (const [name, value] of Object.entries(fields)) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    form.append(field);
  }
  return form;
}
