import assert from 'node:assert/strict';
import { test } from 'node:test';
import { optionValues } from '../../cli/option-values.ts';
import { allowsPrivateImages, imageDirsOf } from './image-options.ts';

test('image directories come from flags and environment together, and are DATA/images without either (spec §11)', () => {
  const none = optionValues({});
  assert.deepEqual(imageDirsOf(none, {}, '/data'), ['/data/images']);
  assert.deepEqual(imageDirsOf(none, { HOLDFAST_IMAGE_DIRS: '' }, '/data'), ['/data/images']);
  assert.deepEqual(imageDirsOf(none, { HOLDFAST_IMAGE_DIRS: '/a:/b' }, '/data'), ['/a', '/b']);
  const said = optionValues({ 'image-dir': ['/c', '/a'] });
  assert.deepEqual(imageDirsOf(said, {}, '/data'), ['/c', '/a']);
  assert.deepEqual(imageDirsOf(said, { HOLDFAST_IMAGE_DIRS: '/a:/b' }, '/data'), ['/c', '/a', '/b']);
});

test('images of private addresses are allowed by the flag or by HOLDFAST_ALLOW_PRIVATE_IMAGES=1, by nothing else (spec §11)', () => {
  const none = optionValues({});
  assert.equal(allowsPrivateImages(none, {}), false);
  assert.equal(allowsPrivateImages(none, { HOLDFAST_ALLOW_PRIVATE_IMAGES: '0' }), false);
  assert.equal(allowsPrivateImages(none, { HOLDFAST_ALLOW_PRIVATE_IMAGES: '1' }), true);
  assert.equal(allowsPrivateImages(optionValues({ 'allow-private-images': true }), {}), true);
});
