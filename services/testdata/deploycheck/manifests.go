package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"

	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// manifests reads the objects of a stream strictly, so that a field that does not exist, or stands in the wrong place,
// or is of another type, is found; then names, labels and what the objects say of one another.
func manifests(text []byte) ([]string, error) {
	var found []string
	var objects []metav1.Object
	seen := map[string]bool{}
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		document, err := documents.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("part the manifests: %w", err)
		}
		object, name, err := decode(document)
		switch {
		case err != nil:
			found = append(found, fmt.Sprintf("%s: %v", name, err))
			continue
		case object == nil:
			continue // Comments only.
		case seen[name]:
			found = append(found, name+": is there twice")
		}
		seen[name] = true
		for _, e := range wellNamed(object) {
			found = append(found, fmt.Sprintf("%s: %v", name, e))
		}
		objects = append(objects, object)
	}
	if len(objects) == 0 {
		return nil, fmt.Errorf("there are no objects in %d bytes", len(text))
	}
	return append(found, together(objects)...), nil
}

// decode reads one object into its type; nil for a document that is empty.
func decode(document []byte) (metav1.Object, string, error) {
	var head struct {
		metav1.TypeMeta `json:",inline"`
		Metadata        metav1.ObjectMeta `json:"metadata"`
	}
	if err := yaml.Unmarshal(document, &head); err != nil {
		return nil, "a document", err
	}
	if head.Kind == "" && head.APIVersion == "" {
		return nil, "", nil
	}
	name := head.Kind + " " + head.Metadata.Name
	empty := kinds()[head.APIVersion+" "+head.Kind]
	if empty == nil {
		return nil, name, fmt.Errorf("the kind %s of %s is not known", head.Kind, head.APIVersion)
	}
	object := empty()
	if err := yaml.UnmarshalStrict(document, object); err != nil {
		return nil, name, err
	}
	return object, name, nil
}

// wellNamed holds names and labels to what the API server takes.
func wellNamed(object metav1.Object) field.ErrorList {
	at := field.NewPath("metadata")
	var found field.ErrorList
	for _, wrong := range validation.NameIsDNSSubdomain(object.GetName(), false) {
		found = append(found, field.Invalid(at.Child("name"), object.GetName(), wrong))
	}
	found = append(found, metav1validation.ValidateLabels(object.GetLabels(), at.Child("labels"))...)
	return append(found, validation.ValidateAnnotations(object.GetAnnotations(), at.Child("annotations"))...)
}
