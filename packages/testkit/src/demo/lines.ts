/** What the people of the demo company say, by channel. `{slot}` takes its turn of the values below. */
import type { DemoLanguage } from './company.ts'

export interface Line {
  readonly language: DemoLanguage
  readonly text: string
}

const uk = (text: string): Line => ({ language: 'uk', text })
const en = (text: string): Line => ({ language: 'en', text })

export const slots: Readonly<Record<string, readonly string[]>> = {
  day: ['понеділок', 'вівторок', 'середу', 'четвер', 'п’ятницю'],
  weekday: ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday'],
  // All of one plural form in Ukrainian.
  n: ['5', '8', '12', '7', '15', '30', '6', '40'],
  room: ['переговорній', 'майстерні', 'кухні', 'бібліотеці'],
  part: ['the header', 'the sidebar', 'the export', 'the search', 'the print view'],
  client: ['Рута', 'Барвінок', 'Верба', 'Калина'],
}

/** In the order of `channels`. */
export const lines: readonly (readonly Line[])[] = [
  [
    uk('Доброго ранку! Зустріч у {room} о десятій.'),
    uk('Я буду на {n} хвилин пізніше, починайте без мене.'),
    en('Morning all. I am remote until {weekday}.'),
    uk('Нагадую: у {day} скорочений день.'),
    uk('Хто забрав ключ від майстерні? Він потрібен до обіду.'),
    en('The heating people come on {weekday} between nine and noon.'),
    uk('Дякую всім за вчора, вийшло дуже добре.'),
  ],
  [
    uk('Виклала {n} варіантів обкладинки, подивіться, будь ласка.'),
    en('I like the second one: calmer, and it prints well.'),
    uk('Другий і мені ближчий. Додаю трохи повітря зверху.'),
    uk('Контраст тепер 7:1, читається і на сонці.'),
    en('Can we keep the old icon for {part}? People know it.'),
    uk('Так, залишаю. Оновлений файл буде у {day}.'),
  ],
  [
    en('Build is green again, the flaky test was waiting for the wrong event.'),
    en('I measured {part}: {n} ms on my laptop, twice that on the phone.'),
    uk('Можу подивитися у {day}, схоже на зайве копіювання.'),
    en('Review, please: it is {n} lines and mostly deletions.'),
    uk('Переглянув, одне питання про назву, решта добре.'),
    en('```\nconst wait = Math.min(limit, 2 ** attempt)\n```\nThis is all the back-off we need.'),
    en('Merged. Rollback plan is in the description.'),
    uk('Без мережі теж працює: написав у поїзді, все дійшло після тунелю.'),
  ],
  [
    uk('«{client}» підписали. Починаємо в {day}.'),
    uk('Рахунок надіслано, термін {n} днів.'),
    en('They asked for the price in euros as well, I sent both.'),
    uk('Дзвонили з «{client}»: просять перенести на {day}.'),
  ],
  [
    en('A customer cannot print from {part}. Steps are reproducible.'),
    uk('Бачу. Тимчасово: друк через PDF. Виправлення завтра.'),
    en('Thanks, told them. They were happy to get an answer in {n} minutes.'),
    uk('За тиждень {n} звернень, половина про одне й те саме.'),
    en('Then let us write that page. I will start on {weekday}.'),
  ],
  [
    uk('Прийшло {n} коробок, одна пошкоджена, сфотографувала.'),
    uk('Пошкоджену відкладіть, повернемо з наступною поставкою.'),
    uk('На складі лишилося {n} аркушів крафту, замовляю.'),
  ],
  [
    en('The cat at the print shop has learnt to open the door.'),
    uk('Хто йде по каву? Мені велику, без цукру.'),
    en('Lunch market today, leaving in {n} minutes.'),
    uk('Рекомендую книгу про шрифти, лишила в {room}.'),
  ],
  [
    en('Release notes are ready. Two fixes, one new thing: {part}.'),
    uk('Переклала українською. Гляньте пункт {n}.'),
    en('Out. Watching the numbers until {weekday}.'),
  ],
]
