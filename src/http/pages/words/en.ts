export const en = {
  notFound: 'There is nothing here',
};
